/** @file Ceil. */
import { unary } from './elementwise.js';

/** y = x rounded up */
export default unary('Ceil', null, 'its derivative is 0 wherever it has one');
