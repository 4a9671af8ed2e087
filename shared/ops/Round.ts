/** @file Round. */
import { unary } from './elementwise.js';

/** y = x rounded to the nearest integer, halves to even */
export default unary('Round', null, 'its derivative is 0 wherever it has one');
