/** @file LpNormalization. */
import { defineOp } from '../graph/operator.js';
import { numberAttr } from './attributes.js';
import { withoutZeros } from './masks.js';

/** y = x / n with n = Σ |x| (p = 1) or √(Σ x²) (p = 2) along an axis;  dx = (dy - s Σ dy y) / n with s = sign x or y */
export default defineOp({
  op: 'LpNormalization',
  infer: (context) => [context.type(0)],
  grad: (g, node, [dy]) => {
    const x = node.inputs[0]!;
    const y = node.outputs[0]!;
    const axes = [numberAttr(node.attrs, 'axis', -1)];
    const first = numberAttr(node.attrs, 'p', 2) === 1;
    const norm = g.node(first ? 'ReduceL1' : 'ReduceL2', [x, g.ints(axes)], { keepdims: 1 });
    const inner = g.sum(g.mul(dy!, y), axes, true);
    return [g.div(g.sub(dy!, g.mul(first ? g.node('Sign', [x]) : y, inner)), withoutZeros(g, norm))];
  },
});
