/** @file Asin. */
import { unary } from './elementwise.js';

/** y = arcsin x;  dx = dy / √(1 - x²) */
export default unary('Asin', (g, dy, x) => g.div(dy, g.node('Sqrt', [g.sub(g.scalarLike(1, x), g.mul(x, x))])));
