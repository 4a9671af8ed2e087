/** @file ReduceLogSumExp. */
import { reduction } from './reduce.js';

/** y = ln Σ eˣ;  dx = dy e^(x - y) */
export default reduction('ReduceLogSumExp', (g, dy, node, kept) => g.mul(dy, g.node('Exp', [g.sub(node.inputs[0]!, kept(node.outputs[0]!))])));
