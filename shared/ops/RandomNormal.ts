/** @file RandomNormal. */
import { randomOfShape } from './random-operators.js';

/** y = normal numbers, in a given shape */
export default randomOfShape('RandomNormal');
