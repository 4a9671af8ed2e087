/** @file Or. */
import { predicate } from './elementwise.js';
import { onSizes } from './known.js';

/** y: a or b */
export default predicate(
  'Or',
  onSizes((a, b) => (a === 1 || b === 1 ? 1 : a === 0 && b === 0 ? 0 : null)),
);
