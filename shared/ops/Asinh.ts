/** @file Asinh. */
import { unary } from './elementwise.js';

/** y = arsinh x;  dx = dy / √(x² + 1) */
export default unary('Asinh', (g, dy, x) => g.div(dy, g.node('Sqrt', [g.add(g.mul(x, x), g.scalarLike(1, x))])));
