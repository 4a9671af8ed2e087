/** @file And. */
import { predicate } from './elementwise.js';

/** y: a and b */
export default predicate('And');
