/** @file Not. */
import { predicate } from './elementwise.js';

/** y: not a */
export default predicate('Not');
