/** @file Atan. */
import { unary } from './elementwise.js';

/** y = arctan x;  dx = dy / (1 + x²) */
export default unary('Atan', (g, dy, x) => g.div(dy, g.add(g.scalarLike(1, x), g.mul(x, x))));
