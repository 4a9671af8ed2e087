/** @file ReduceLogSum. */
import { reduction } from './reduce.js';

/** y = ln Σ x;  dx = dy e⁻ʸ */
export default reduction('ReduceLogSum', (g, dy, node, kept) => g.mul(dy, g.node('Exp', [g.neg(kept(node.outputs[0]!))])));
