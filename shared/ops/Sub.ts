/** @file Sub. */
import { binary } from './elementwise.js';
import { subtractSizes } from './known.js';

/** y = a - b;  da = dy, db = -dy */
export default binary(
  'Sub',
  (_, dy) => dy,
  (g, dy) => g.neg(dy),
  subtractSizes,
);
