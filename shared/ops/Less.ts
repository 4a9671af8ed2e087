/** @file Less. */
import { predicate } from './elementwise.js';
import { compareSizes } from './known.js';

/** y: a < b */
export default predicate(
  'Less',
  compareSizes((a, b) => a < b),
);
