/** @file Or. */
import { predicate } from './elementwise.js';

/** y: a or b */
export default predicate('Or');
