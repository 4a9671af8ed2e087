/** @file Div. */
import { binary } from './elementwise.js';
import { divideSizes } from './known.js';

/** y = a / b;  da = dy / b, db = -dy y / b */
export default binary(
  'Div',
  (g, dy, _, b) => g.div(dy, b),
  (g, dy, _, b, y) => g.neg(g.div(g.mul(dy, y), b)),
  divideSizes,
);
