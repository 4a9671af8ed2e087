/** @file Neg. */
import { unary } from './elementwise.js';
import { onEachSize } from './known.js';

/** y = -x;  dx = -dy */
export default unary('Neg', (g, dy) => g.neg(dy), { known: onEachSize((x) => -x, 'unknown') });
