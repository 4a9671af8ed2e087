/** @file GatherElements. */
import { defineOp } from '../graph/operator.js';
import { numberAttr } from './attributes.js';
import { zerosLike } from './movement.js';

/** y[i, j…] = x[indices[i, j…], j…], here along axis 0;  dx = zeros, to which dy is added at the same places */
export default defineOp({
  op: 'GatherElements',
  infer: (context) => [{ dtype: context.type(0).dtype, shape: context.type(1).shape }],
  grad: (g, node, [dy]) => {
    const [x, indices] = node.inputs;
    return [g.node('ScatterElements', [zerosLike(g, x!, dy!), indices!, dy!], { axis: numberAttr(node.attrs, 'axis', 0), reduction: 'add' }), null];
  },
});
