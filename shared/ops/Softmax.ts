/** @file Softmax. */
import { defineOp } from '../graph/operator.js';
import { numberAttr } from './attributes.js';

/** y = eˣ / Σ eˣ along an axis;  dx = y (dy - Σ dy y) */
export default defineOp({
  op: 'Softmax',
  infer: (context) => [context.type(0)],
  grad: (g, node, [dy]) => {
    const y = node.outputs[0]!;
    const inner = g.sum(g.mul(dy!, y), [numberAttr(node.attrs, 'axis', -1)], true);
    return [g.mul(y, g.sub(dy!, inner))];
  },
});
