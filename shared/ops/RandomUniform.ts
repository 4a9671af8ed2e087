/** @file RandomUniform. */
import { randomOfShape } from './random-operators.js';

/** y = numbers drawn evenly from an interval, in a given shape */
export default randomOfShape('RandomUniform');
