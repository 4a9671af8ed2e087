/** @file Abs. */
import { unary } from './elementwise.js';
import { onEachSize } from './known.js';

/** y = |x|;  dx = dy sign x */
export default unary('Abs', (g, dy, x) => g.mul(dy, g.node('Sign', [x])), { known: onEachSize(Math.abs, 'pass') });
