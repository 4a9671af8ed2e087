/** @file Elu. */
import { numberAttr } from './attributes.js';
import { unary } from './elementwise.js';

/** y = x above 0, alpha (eˣ - 1) below;  dx = dy above 0, dy (y + alpha) below */
export default unary('Elu', (g, dy, x, y, node) =>
  g.node('Where', [g.node('Greater', [x, g.scalarLike(0, x)]), dy, g.mul(dy, g.add(y, g.scalarLike(numberAttr(node.attrs, 'alpha', 1), y)))]),
);
