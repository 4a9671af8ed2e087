/** @file RandomUniformLike. */
import { randomLike } from './random-operators.js';

/** y = numbers drawn evenly from an interval, in the shape of x */
export default randomLike('RandomUniformLike');
