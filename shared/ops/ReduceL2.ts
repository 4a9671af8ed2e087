/** @file ReduceL2. */
import { reduction } from './reduce.js';

/** y = √(Σ x²);  dx = dy x / y */
export default reduction('ReduceL2', (g, dy, node, kept) => g.mul(node.inputs[0]!, g.div(dy, kept(node.outputs[0]!))));
