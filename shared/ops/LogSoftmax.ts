/** @file LogSoftmax. */
import { defineOp } from '../graph/operator.js';
import { numberAttr } from './attributes.js';

/** y = x - ln Σ eˣ along an axis;  dx = dy - eʸ Σ dy */
export default defineOp({
  op: 'LogSoftmax',
  infer: (context) => [context.type(0)],
  grad: (g, node, [dy]) => {
    const total = g.sum(dy!, [numberAttr(node.attrs, 'axis', -1)], true);
    return [g.sub(dy!, g.mul(g.node('Exp', [node.outputs[0]!]), total))];
  },
});
