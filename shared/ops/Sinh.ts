/** @file Sinh. */
import { unary } from './elementwise.js';

/** y = sinh x;  dx = dy cosh x */
export default unary('Sinh', (g, dy, x) => g.mul(dy, g.node('Cosh', [x])));
