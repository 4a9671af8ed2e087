/** @file Ceil. */
import { unary } from './elementwise.js';
import { onEachSize } from './known.js';

/** y = x rounded up */
export default unary('Ceil', null, { blocks: 'its derivative is 0 wherever it has one', known: onEachSize(Math.ceil, 'pass') });
