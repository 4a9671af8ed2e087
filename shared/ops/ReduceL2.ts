/** @file ReduceL2. */
import { withoutZeros } from './masks.js';
import { reduction } from './reduce.js';

/** y = √(Σ x²);  dx = dy x / y, 0 where y is 0 */
export default reduction('ReduceL2', (g, dy, node, kept) => g.mul(node.inputs[0]!, g.div(dy, withoutZeros(g, kept(node.outputs[0]!)))));
