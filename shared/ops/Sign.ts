/** @file Sign. */
import { unary } from './elementwise.js';

/** y = -1, 0 or 1 */
export default unary('Sign', null, { blocks: 'its derivative is 0 wherever it has one' });
