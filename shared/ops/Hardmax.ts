/** @file Hardmax. */
import { unary } from './elementwise.js';

/** y = 1 at the first maximum along an axis, 0 elsewhere */
export default unary('Hardmax', null, { blocks: 'its derivative is 0 wherever it has one' });
