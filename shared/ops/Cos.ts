/** @file Cos. */
import { unary } from './elementwise.js';

/** y = cos x;  dx = -dy sin x */
export default unary('Cos', (g, dy, x) => g.neg(g.mul(dy, g.node('Sin', [x]))));
