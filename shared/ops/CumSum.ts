/** @file CumSum. */
import { defineOp } from '../graph/operator.js';
import { numberAttr } from './attributes.js';

/** y = running sums of x along an axis;  dx = running sums of dy from the other end */
export default defineOp({
  op: 'CumSum',
  infer: (context) => [context.type(0)],
  grad: (g, node, [dy]) => [
    g.node('CumSum', [dy!, node.inputs[1]!], { exclusive: numberAttr(node.attrs, 'exclusive', 0), reverse: 1 - numberAttr(node.attrs, 'reverse', 0) }),
    null,
  ],
});
