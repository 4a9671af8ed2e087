/** @file Pow. */
import type { GraphBuilder } from '../graph/builder.js';
import { defineOp } from '../graph/operator.js';
import { isFloat, numbersOf, type Value } from '../graph/value.js';
import { broadcastType } from './elementwise.js';

/** y = aᵇ, of a's type;  da = dy b aᵇ⁻¹, db = dy y ln a (0 where a ≤ 0) */
export default defineOp({
  op: 'Pow',
  infer: (context) => [broadcastType([context.type(0), context.type(1)])],
  grad: (g, node, [dy], needs) => {
    const [a, b] = node.inputs as [Value, Value];
    const y = node.outputs[0]!;
    return [
      needs[0] ? g.unbroadcast(g.mul(dy!, slope(g, a, b)), a.type.shape) : null,
      needs[1] ? g.unbroadcast(exponentGradient(g, dy!, a, b, y), b.type.shape) : null,
    ];
  },
});

/** b aᵇ⁻¹; squares, the usual case, need no power. */
function slope(g: GraphBuilder, a: Value, b: Value): Value {
  const exponent = b.data && b.data.data.length === 1 && b.type.dtype !== 'float16' ? numbersOf(b.data)[0]! : null;
  if (exponent === 2) return g.mul(a, g.scalarLike(2, a));
  if (exponent === 3) return g.mul(g.mul(a, a), g.scalarLike(3, a));
  const power = g.cast(b, a.type.dtype);
  const slope = g.mul(power, g.node('Pow', [a, g.sub(power, g.scalarLike(1, power))]));
  // 0 · 0⁻¹ is not a number, while a⁰ does not change.
  const zeros = b.data ? numbersOf(b.data).some((x) => x === 0) : true;
  return zeros ? g.node('Where', [g.node('Equal', [power, g.scalarLike(0, power)]), g.scalarLike(0, slope), slope]) : slope;
}

function exponentGradient(g: GraphBuilder, dy: Value, a: Value, b: Value, y: Value): Value {
  const positive = g.node('Greater', [a, g.scalarLike(0, a)]);
  const log = g.node('Where', [positive, g.node('Log', [g.node('Where', [positive, a, g.scalarLike(1, a)])]), g.scalarLike(0, a)]);
  const db = g.mul(dy, g.mul(y, log));
  return isFloat(b.type.dtype) ? g.cast(db, b.type.dtype) : db;
}
