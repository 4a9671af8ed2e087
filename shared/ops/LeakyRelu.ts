/** @file LeakyRelu. */
import { numberAttr } from './attributes.js';
import { unary } from './elementwise.js';

/** y = x above 0, alpha x below;  dx = dy above 0, alpha dy below */
export default unary('LeakyRelu', (g, dy, x, _, node) =>
  g.node('Where', [g.node('Greater', [x, g.scalarLike(0, x)]), dy, g.mul(dy, g.scalarLike(numberAttr(node.attrs, 'alpha', 0.01), x))]),
);
