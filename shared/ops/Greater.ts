/** @file Greater. */
import { predicate } from './elementwise.js';
import { compareSizes } from './known.js';

/** y: a > b */
export default predicate(
  'Greater',
  compareSizes((a, b) => a > b),
);
