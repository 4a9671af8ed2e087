/** @file Cosh. */
import { unary } from './elementwise.js';

/** y = cosh x;  dx = dy sinh x */
export default unary('Cosh', (g, dy, x) => g.mul(dy, g.node('Sinh', [x])));
