/** @file ScatterElements. */
import { defineOp } from '../graph/operator.js';
import type { Value } from '../graph/value.js';
import { numberAttr, textAttr } from './attributes.js';
import { scatterGradient } from './scatter.js';

/** y = x with updates put, added, multiplied or compared (reduction) at the indices along an axis;  see scatter.ts for the gradient */
export default defineOp({
  op: 'ScatterElements',
  infer: (context) => [context.type(0)],
  grad: (g, node, [dy]) => {
    const [x, indices, updates] = node.inputs as [Value, Value, Value];
    const axis = numberAttr(node.attrs, 'axis', 0);
    const [dx, du] = scatterGradient(g, [x, updates], node.outputs[0]!, dy!, textAttr(node.attrs, 'reduction', 'none'), {
      put: (base, values, reduction) => g.node('ScatterElements', [base, indices, values], { axis, reduction }),
      at: (v) => g.node('GatherElements', [v, indices], { axis }),
    });
    return [dx, null, du];
  },
});
