/** @file PRelu. */
import { defineOp } from '../graph/operator.js';
import type { Value } from '../graph/value.js';

/** y = x above 0, slope x below;  dx = dy or slope dy, dslope = x dy below 0. The slope broadcasts to x. */
export default defineOp({
  op: 'PRelu',
  infer: (context) => [context.type(0)],
  grad: (g, node, [dy], needs) => {
    const [x, slope] = node.inputs as [Value, Value];
    const above = g.node('Greater', [x, g.scalarLike(0, x)]);
    return [
      needs[0] ? g.node('Where', [above, dy!, g.mul(dy!, slope)]) : null,
      needs[1] ? g.unbroadcast(g.node('Where', [above, g.scalarLike(0, x), g.mul(dy!, x)]), slope.type.shape) : null,
    ];
  },
});
