/** @file Reciprocal. */
import { unary } from './elementwise.js';

/** y = 1 / x;  dx = -dy y² */
export default unary('Reciprocal', (g, dy, _, y) => g.neg(g.mul(dy, g.mul(y, y))));
