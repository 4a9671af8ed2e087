/** @file Log. */
import { unary } from './elementwise.js';

/** y = ln x;  dx = dy / x */
export default unary('Log', (g, dy, x) => g.div(dy, x));
