/** @file ArgMax. */
import { argument } from './arg.js';

/** y = the place of the largest element along an axis */
export default argument('ArgMax');
