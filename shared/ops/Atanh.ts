/** @file Atanh. */
import { unary } from './elementwise.js';

/** y = artanh x;  dx = dy / (1 - x²) */
export default unary('Atanh', (g, dy, x) => g.div(dy, g.sub(g.scalarLike(1, x), g.mul(x, x))));
