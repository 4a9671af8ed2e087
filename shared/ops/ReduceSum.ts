/** @file ReduceSum. */
import { reduction } from './reduce.js';

/** y = sum of x;  dx = dy, repeated */
export default reduction('ReduceSum', (_, dy) => dy);
