/** @file Acos. */
import { unary } from './elementwise.js';

/** y = arccos x;  dx = -dy / √(1 - x²) */
export default unary('Acos', (g, dy, x) => g.neg(g.div(dy, g.node('Sqrt', [g.sub(g.scalarLike(1, x), g.mul(x, x))]))));
