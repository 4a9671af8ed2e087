/** @file Equal. */
import { predicate } from './elementwise.js';
import { onSizes } from './known.js';

/** y: a = b; a size that is a symbol is never negative */
export default {
  ...predicate('Equal'),
  known: onSizes((a, b) => {
    if (a === b) return 1;
    if (typeof a === 'number' && typeof b === 'number') return 0;
    return (typeof a === 'number' && a < 0) || (typeof b === 'number' && b < 0) ? 0 : null;
  }),
};
