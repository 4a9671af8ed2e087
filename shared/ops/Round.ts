/** @file Round. */
import { unary } from './elementwise.js';
import { onEachSize } from './known.js';

/** y = x rounded to the nearest integer, halves to even */
export default unary('Round', null, { blocks: 'its derivative is 0 wherever it has one', known: onEachSize(halfToEven, 'pass') });

function halfToEven(x: number): number {
  const low = Math.floor(x);
  return x - low === 0.5 ? low + (low % 2 === 0 ? 0 : 1) : Math.round(x);
}
