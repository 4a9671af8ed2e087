/** @file Celu. */
import { numberAttr } from './attributes.js';
import { unary } from './elementwise.js';

/** y = x above 0, alpha (e^(x/alpha) - 1) below;  dx = dy above 0, dy (y / alpha + 1) below */
export default unary('Celu', (g, dy, x, y, node) => {
  const below = g.add(g.div(y, g.scalarLike(numberAttr(node.attrs, 'alpha', 1), y)), g.scalarLike(1, y));
  return g.node('Where', [g.node('Greater', [x, g.scalarLike(0, x)]), dy, g.mul(dy, below)]);
});
