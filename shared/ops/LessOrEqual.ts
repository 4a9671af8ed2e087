/** @file LessOrEqual. */
import { predicate } from './elementwise.js';
import { compareSizes } from './known.js';

/** y: a ≤ b */
export default predicate(
  'LessOrEqual',
  compareSizes((a, b) => a <= b),
);
