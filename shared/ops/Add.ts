/** @file Add. */
import { binary } from './elementwise.js';
import { addSizes } from './known.js';

/** y = a + b;  da = dy, db = dy */
export default binary(
  'Add',
  (_, dy) => dy,
  (_, dy) => dy,
  addSizes,
);
