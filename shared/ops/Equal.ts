/** @file Equal. */
import { predicate } from './elementwise.js';
import { compareSizes } from './known.js';

/** y: a = b */
export default predicate(
  'Equal',
  compareSizes((a, b) => a === b),
);
