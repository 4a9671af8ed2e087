/** @file Softplus. */
import { unary } from './elementwise.js';

/** y = ln(1 + eˣ);  dx = dy sigmoid x */
export default unary('Softplus', (g, dy, x) => g.mul(dy, g.node('Sigmoid', [x])));
