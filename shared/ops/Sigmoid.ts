/** @file Sigmoid. */
import { unary } from './elementwise.js';

/** y = 1 / (1 + e⁻ˣ);  dx = dy y (1 - y) */
export default unary('Sigmoid', (g, dy, _, y) => g.mul(dy, g.mul(y, g.sub(g.scalarLike(1, y), y))));
