/** @file ArgMin. */
import { argument } from './arg.js';

/** y = the place of the smallest element along an axis */
export default argument('ArgMin');
