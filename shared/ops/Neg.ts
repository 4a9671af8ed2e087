/** @file Neg. */
import { unary } from './elementwise.js';

/** y = -x;  dx = -dy */
export default unary('Neg', (g, dy) => g.neg(dy));
