/** @file Mean. */
import { defineOp } from '../graph/operator.js';
import { broadcastType, sameDType } from './elementwise.js';

/** y = the mean of n inputs;  each dx = dy / n */
export default defineOp({
  op: 'Mean',
  infer: (context) => {
    const types = context.inputs.map((_, i) => context.type(i));
    sameDType(types);
    return [broadcastType(types)];
  },
  grad: (g, node, [dy], needs) => {
    const share = g.div(dy!, g.scalarLike(node.inputs.length, dy!));
    return node.inputs.map((input, i) => (needs[i] ? g.unbroadcast(share, input!.type.shape) : null));
  },
});
