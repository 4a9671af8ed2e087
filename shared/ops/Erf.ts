/** @file Erf. */
import { unary } from './elementwise.js';

/** y = erf x;  dx = dy 2/√π e^(-x²) */
export default unary('Erf', (g, dy, x) => g.mul(g.mul(dy, g.scalarLike(2 / Math.sqrt(Math.PI), x)), g.node('Exp', [g.neg(g.mul(x, x))])));
