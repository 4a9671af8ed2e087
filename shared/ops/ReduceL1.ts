/** @file ReduceL1. */
import { reduction } from './reduce.js';

/** y = Σ |x|;  dx = dy sign x */
export default reduction('ReduceL1', (g, dy, node) => g.mul(dy, g.node('Sign', [node.inputs[0]!])));
