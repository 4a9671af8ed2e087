/** @file Acosh. */
import { unary } from './elementwise.js';

/** y = arcosh x;  dx = dy / √(x² - 1) */
export default unary('Acosh', (g, dy, x) => g.div(dy, g.node('Sqrt', [g.sub(g.mul(x, x), g.scalarLike(1, x))])));
