/** @file And. */
import { predicate } from './elementwise.js';
import { onSizes } from './known.js';

/** y: a and b */
export default predicate(
  'And',
  onSizes((a, b) => (a === 0 || b === 0 ? 0 : a === 1 && b === 1 ? 1 : null)),
);
