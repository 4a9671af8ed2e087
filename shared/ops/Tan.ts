/** @file Tan. */
import { unary } from './elementwise.js';

/** y = tan x;  dx = dy (1 + y²) */
export default unary('Tan', (g, dy, _, y) => g.mul(dy, g.add(g.scalarLike(1, y), g.mul(y, y))));
