/** @file Sin. */
import { unary } from './elementwise.js';

/** y = sin x;  dx = dy cos x */
export default unary('Sin', (g, dy, x) => g.mul(dy, g.node('Cos', [x])));
