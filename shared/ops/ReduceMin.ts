/** @file ReduceMin. */
import { extremeReduction } from './reduce.js';

/** y = the smallest of x */
export default extremeReduction('ReduceMin');
