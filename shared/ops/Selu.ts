/** @file Selu. */
import { numberAttr } from './attributes.js';
import { unary } from './elementwise.js';

/** y = gamma x above 0, gamma alpha (eˣ - 1) below;  dx = gamma dy above 0, dy (y + gamma alpha) below */
export default unary('Selu', (g, dy, x, y, node) => {
  const gamma = numberAttr(node.attrs, 'gamma', 1.05070102214813232421875);
  const alpha = numberAttr(node.attrs, 'alpha', 1.67326319217681884765625);
  const slope = g.node('Where', [g.node('Greater', [x, g.scalarLike(0, x)]), g.scalarLike(gamma, x), g.add(y, g.scalarLike(gamma * alpha, y))]);
  return g.mul(dy, slope);
});
