/** @file Min. */
import { extremum } from './extremum.js';

/** y = the smallest of the inputs, element by element */
export default extremum('Min');
