/** @file RandomNormalLike. */
import { randomLike } from './random-operators.js';

/** y = normal numbers, in the shape of x */
export default randomLike('RandomNormalLike');
