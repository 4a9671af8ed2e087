/** @file InstanceNormalization. */
import { defineOp } from '../graph/operator.js';
import type { Value } from '../graph/value.js';
import { numberAttr } from './attributes.js';
import { imageAxes } from './global-pooling.js';
import { normalizedGradient, statistics } from './normalized.js';

/** y = γ (x - mean) / √(variance + ε) + β for each image and channel;  dγ = Σ dy x̂, dβ = Σ dy */
export default defineOp({
  op: 'InstanceNormalization',
  infer: (context) => [context.type(0)],
  grad: (g, node, [dy], needs) => {
    const [x, scale] = node.inputs as [Value, Value, Value];
    const axes = imageAxes(x);
    const { mean, inverse } = statistics(g, x, axes, numberAttr(node.attrs, 'epsilon', 1e-5));
    const normal = g.mul(g.sub(x, mean), inverse);
    const spread = g.node('Unsqueeze', [scale, g.ints(axes.map((axis) => axis - 1))]);
    return [
      needs[0] ? normalizedGradient(g, g.mul(dy!, spread), normal, inverse, axes) : null,
      needs[1] ? g.sum(g.mul(dy!, normal), [0, ...axes]) : null,
      needs[2] ? g.sum(dy!, [0, ...axes]) : null,
    ];
  },
});
