/** @file GreaterOrEqual. */
import { predicate } from './elementwise.js';
import { compareSizes } from './known.js';

/** y: a ≥ b */
export default predicate(
  'GreaterOrEqual',
  compareSizes((a, b) => a >= b),
);
