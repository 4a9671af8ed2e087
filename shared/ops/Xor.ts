/** @file Xor. */
import { predicate } from './elementwise.js';

/** y: either a or b */
export default predicate('Xor');
