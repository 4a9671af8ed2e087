/** @file Tanh. */
import { unary } from './elementwise.js';

/** y = tanh x;  dx = dy (1 - y²) */
export default unary('Tanh', (g, dy, _, y) => g.mul(dy, g.sub(g.scalarLike(1, y), g.mul(y, y))));
