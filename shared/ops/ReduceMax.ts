/** @file ReduceMax. */
import { extremeReduction } from './reduce.js';

/** y = the largest of x */
export default extremeReduction('ReduceMax');
