/** @file Relu. */
import { unary } from './elementwise.js';
import { maskedByPositive } from './masks.js';

/** y = max(x, 0);  dx = dy where x > 0, told by y > 0, so that x need not be kept */
export default unary('Relu', (g, dy, _, y) => maskedByPositive(g, dy, y));
