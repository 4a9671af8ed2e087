/** @file Mul. */
import { binary } from './elementwise.js';
import { multiplySizes } from './known.js';

/** y = a b;  da = dy b, db = dy a */
export default binary(
  'Mul',
  (g, dy, _, b) => g.mul(dy, b),
  (g, dy, a) => g.mul(dy, a),
  multiplySizes,
);
