/** @file MatMul. */
import { broadcastShapes } from '../graph/dim.js';
import type { GraphBuilder } from '../graph/builder.js';
import { defineOp } from '../graph/operator.js';
import type { Dim, Value } from '../graph/value.js';
import { sameDType } from './elementwise.js';

/** y = a b over the last two axes, the others broadcast;  da = dy bᵀ, db = aᵀ dy. A 1-D operand is a row (left) or a column (right). */
export default defineOp({
  op: 'MatMul',
  infer: (context) => {
    const [a, b] = [context.type(0), context.type(1)];
    sameDType([a, b]);
    const left: readonly Dim[] = a.shape.length === 1 ? [1, ...a.shape] : a.shape;
    const right: readonly Dim[] = b.shape.length === 1 ? [...b.shape, 1] : b.shape;
    const [inner, other] = [left.at(-1)!, right.at(-2)!];
    if (typeof inner === 'number' && typeof other === 'number' && inner !== other)
      throw new Error(`inner sizes differ: A [${a.shape.join(',')}], B [${b.shape.join(',')}]`);
    const batch = broadcastShapes(left.slice(0, -2), right.slice(0, -2));
    if (!batch) throw new Error(`leading sizes of A [${a.shape.join(',')}] and B [${b.shape.join(',')}] do not broadcast`);
    const shape = [...batch, ...(a.shape.length === 1 ? [] : [left.at(-2)!]), ...(b.shape.length === 1 ? [] : [right.at(-1)!])];
    return [{ dtype: a.dtype, shape }];
  },
  grad: (g, node, [dy], needs) => {
    const [a, b] = node.inputs as [Value, Value];
    const left = a.type.shape.length === 1 ? g.reshape(a, [1, ...a.type.shape]) : a;
    const right = b.type.shape.length === 1 ? g.reshape(b, [...b.type.shape, 1]) : b;
    const batch = broadcastShapes(left.type.shape.slice(0, -2), right.type.shape.slice(0, -2))!;
    const dout = g.reshape(dy!, [...batch, left.type.shape.at(-2)!, right.type.shape.at(-1)!]);
    return [
      needs[0] ? g.reshape(g.unbroadcast(g.node('MatMul', [dout, transposed(g, right)]), left.type.shape), a.type.shape) : null,
      needs[1] ? weightGradient(g, left, right, dout, b) : null,
    ];
  },
});

/** db; where b is one matrix for a whole batch of a, the batch joins the rows, so that one product does the summing too. */
function weightGradient(g: GraphBuilder, left: Value, right: Value, dout: Value, b: Value): Value {
  if (right.type.shape.length === 2 && left.type.shape.length > 2) {
    const rows = (v: Value): Value =>
      g.node('Reshape', [v, g.constant({ dtype: 'int64', shape: [2], data: BigInt64Array.of(-1n, BigInt(Number(v.type.shape.at(-1)))) })]);
    return g.reshape(g.node('MatMul', [transposed(g, rows(left)), rows(dout)]), b.type.shape);
  }
  return g.reshape(g.unbroadcast(g.node('MatMul', [transposed(g, left), dout]), right.type.shape), b.type.shape);
}

/** The last two axes swapped. */
export function transposed(g: GraphBuilder, x: Value): Value {
  const rank = x.type.shape.length;
  return g.transpose(x, [...Array.from({ length: rank - 2 }, (_, i) => i), rank - 1, rank - 2]);
}
