/** @file Exp. */
import { unary } from './elementwise.js';

/** y = eˣ;  dx = dy y */
export default unary('Exp', (g, dy, _, y) => g.mul(dy, y));
