/** @file Sum. */
import { defineOp } from '../graph/operator.js';
import { broadcastType, sameDType } from './elementwise.js';

/** y = the sum of the inputs;  each dx = dy */
export default defineOp({
  op: 'Sum',
  infer: (context) => {
    const types = context.inputs.map((_, i) => context.type(i));
    sameDType(types);
    return [broadcastType(types)];
  },
  grad: (g, node, [dy], needs) => node.inputs.map((input, i) => (needs[i] ? g.unbroadcast(dy!, input!.type.shape) : null)),
});
