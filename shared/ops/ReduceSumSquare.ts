/** @file ReduceSumSquare. */
import { reduction } from './reduce.js';

/** y = Σ x²;  dx = 2 dy x */
export default reduction('ReduceSumSquare', (g, dy, node) => g.mul(g.mul(dy, g.scalarLike(2, dy)), node.inputs[0]!));
