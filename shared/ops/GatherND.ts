/** @file GatherND. */
import { defineOp } from '../graph/operator.js';
import type { Value } from '../graph/value.js';
import { RobencError } from '../errors.js';
import { numberAttr } from './attributes.js';
import { zerosLike } from './movement.js';

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
    if (numberAttr(node.attrs, 'batch_dims', 0) !== 0)
      throw new RobencError('unsupported', `GatherND "${node.name}": no gradient with batch_dims other than 0.`);
    const [x, indices] = node.inputs as [Value, Value];
    return [g.node('ScatterND', [zerosLike(g, x), indices, dy!], { reduction: 'add' }), null];
  },
});
