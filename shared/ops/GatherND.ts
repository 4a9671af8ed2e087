/** @file GatherND. */
import type { GraphBuilder } from '../graph/builder.js';
import { defineOp } from '../graph/operator.js';
import type { Value } from '../graph/value.js';
import { numberAttr } from './attributes.js';
import { shapeWith, sizeAt, zerosLike } from './movement.js';

/** y = the slices of x at the index tuples in the last axis of the indices;  dx = zeros, to which the slices of dy are added */
export default defineOp({
  op: 'GatherND',
  infer: (context) => {
    const [x, indices] = [context.type(0), context.type(1)];
    const batch = numberAttr(context.attrs, 'batch_dims', 0);
    const depth = indices.shape.at(-1);
    if (typeof depth !== 'number') throw new Error('the length of the index tuples must be known before the run');
    if (batch + depth > x.shape.length) throw new Error(`index tuples of ${depth} after ${batch} batch axes do not fit rank ${x.shape.length}`);
    return [{ dtype: x.dtype, shape: [...indices.shape.slice(0, -1), ...x.shape.slice(batch + depth)] }];
  },
  grad: (g, node, [dy]) => {
    const [x, indices] = node.inputs as [Value, Value];
    const whole = withBatch(g, indices, numberAttr(node.attrs, 'batch_dims', 0));
    return [g.node('ScatterND', [zerosLike(g, x, dy!), whole, dy!], { reduction: 'add' }), null];
  },
});

/** Index tuples that name their batch axes too: the place in each, before the given indices. */
function withBatch(g: GraphBuilder, indices: Value, batch: number): Value {
  if (batch === 0) return indices;
  const rank = indices.type.shape.length;
  const column = shapeWith(g, indices, rank - 1, g.ints([1]));
  const places = Array.from({ length: batch }, (_, axis) => {
    const size = g.node('Squeeze', [sizeAt(g, indices, axis), g.ints([0])]);
    const counted = g.node('Range', [g.scalar(0, 'int64'), size, g.scalar(1, 'int64')]);
    const shape = Array.from({ length: rank }, (__, i) => (i === axis ? -1 : 1));
    return g.node('Expand', [g.node('Reshape', [counted, g.ints(shape)]), column]);
  });
  return g.node('Concat', [...places, indices], { axis: -1 });
}
