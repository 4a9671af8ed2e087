/** @file ScatterND. */
import { defineOp } from '../graph/operator.js';
import type { Value } from '../graph/value.js';
import { textAttr } from './attributes.js';
import { scatterGradient } from './scatter.js';

/** y = x with slices put, added, multiplied or compared (reduction) at the index tuples;  see scatter.ts for the gradient */
export default defineOp({
  op: 'ScatterND',
  infer: (context) => [context.type(0)],
  grad: (g, node, [dy]) => {
    const [x, indices, updates] = node.inputs as [Value, Value, Value];
    const [dx, du] = scatterGradient(g, [x, updates], node.outputs[0]!, dy!, textAttr(node.attrs, 'reduction', 'none'), {
      put: (base, values, reduction) => g.node('ScatterND', [base, indices, values], { reduction }),
      at: (v) => g.node('GatherND', [v, indices]),
    });
    return [dx, null, du];
  },
});
