/** @file IsNaN. */
import { predicate } from './elementwise.js';

/** y: whether x is not a number */
export default predicate('IsNaN');
