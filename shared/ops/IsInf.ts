/** @file IsInf. */
import { predicate } from './elementwise.js';

/** y: whether x is infinite */
export default predicate('IsInf');
