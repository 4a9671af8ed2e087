/** @file Floor. */
import { unary } from './elementwise.js';
import { onEachSize } from './known.js';

/** y = x rounded down */
export default unary('Floor', null, { blocks: 'its derivative is 0 wherever it has one', known: onEachSize(Math.floor, 'pass') });
