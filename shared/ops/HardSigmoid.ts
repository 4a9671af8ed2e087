/** @file HardSigmoid. */
import { numberAttr } from './attributes.js';
import { unary } from './elementwise.js';
import { masked } from './masks.js';

/** y = alpha x + beta kept in [0, 1];  dx = alpha dy strictly inside */
export default unary('HardSigmoid', (g, dy, _, y, node) => {
  const inside = g.node('And', [g.node('Greater', [y, g.scalarLike(0, y)]), g.node('Less', [y, g.scalarLike(1, y)])]);
  return masked(g, g.mul(dy, g.scalarLike(numberAttr(node.attrs, 'alpha', 0.2), dy)), inside);
});
