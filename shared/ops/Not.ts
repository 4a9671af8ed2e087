/** @file Not. */
import { predicate } from './elementwise.js';
import { onEachSize } from './known.js';

/** y: not a */
export default predicate(
  'Not',
  onEachSize((a) => 1 - a, 'unknown'),
);
