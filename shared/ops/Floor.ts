/** @file Floor. */
import { unary } from './elementwise.js';

/** y = x rounded down */
export default unary('Floor', null, 'its derivative is 0 wherever it has one');
