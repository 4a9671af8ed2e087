/** @file Sqrt. */
import { unary } from './elementwise.js';

/** y = √x;  dx = dy / 2y */
export default unary('Sqrt', (g, dy, _, y) => g.mul(g.div(dy, y), g.scalarLike(0.5, dy)));
