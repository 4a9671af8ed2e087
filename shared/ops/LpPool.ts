/** @file LpPool. */
import { defineOp } from '../graph/operator.js';
import { numberAttr } from './attributes.js';
import { withoutZeros } from './masks.js';
import { overWindows, pooledType } from './pooling.js';

/** y = (Σ |x|ᵖ)^(1/p) over each window;  dx = sign(x) |x|ᵖ⁻¹ times dy y¹⁻ᵖ over the window */
export default defineOp({
  op: 'LpPool',
  infer: (context) => [pooledType(context)],
  grad: (g, node, [dy]) => {
    const x = node.inputs[0]!;
    const y = node.outputs[0]!;
    const p = numberAttr(node.attrs, 'p', 2);
    const share = p === 1 ? dy! : g.div(dy!, g.node('Pow', [withoutZeros(g, y), g.scalarLike(p - 1, y)]));
    const slope = p === 2 ? x : g.mul(g.node('Sign', [x]), g.node('Pow', [g.node('Abs', [x]), g.scalarLike(p - 1, x)]));
    return [g.mul(slope, overWindows(g, node, share))];
  },
});
