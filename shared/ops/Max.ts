/** @file Max. */
import { extremum } from './extremum.js';

/** y = the largest of the inputs, element by element */
export default extremum('Max');
