/** @file LayerNormalization. */
import { RobencError } from '../errors.js';
import { normalizeAxis } from '../graph/dim.js';
import { defineOp } from '../graph/operator.js';
import type { GraphBuilder } from '../graph/builder.js';
import type { Node, Value } from '../graph/value.js';
import { numberAttr } from './attributes.js';
import { normalizedGradient, statistics } from './normalized.js';

/** y = γ (x - mean) s + β over the axes from `axis` on, s = 1 / √(variance + ε); outputs 1 and 2 are mean and s;  dγ = Σ dy x̂, dβ = Σ dy */
export default defineOp({
  op: 'LayerNormalization',
  infer: (context) => {
    const { dtype, shape } = context.type(0);
    const axis = normalizeAxis(numberAttr(context.attrs, 'axis', -1), shape.length);
    const statistic = {
      dtype: numberAttr(context.attrs, 'stash_type', 1) === 1 ? ('float32' as const) : dtype,
      shape: shape.map((dim, i) => (i < axis ? dim : 1)),
    };
    return [{ dtype, shape }, statistic, statistic].slice(0, Math.max(1, context.outputs));
  },
  grad: (g, node, [dy, dmean, dinverse], needs) => {
    if (dmean || dinverse)
      throw new RobencError('unsupported', `LayerNormalization "${node.name}": no gradient passes through its mean and deviation outputs.`);
    const [x, scale, bias] = node.inputs as [Value, Value, Value | undefined];
    const rank = x.type.shape.length;
    const axis = normalizeAxis(numberAttr(node.attrs, 'axis', -1), rank);
    const axes = Array.from({ length: rank - axis }, (_, i) => axis + i);
    const { mean, inverse } = x.type.dtype === 'float32' ? storedStatistics(g, node) : statistics(g, x, axes, numberAttr(node.attrs, 'epsilon', 1e-5));
    const normal = g.mul(g.sub(x, mean), inverse);
    return [
      needs[0] ? normalizedGradient(g, g.mul(dy!, scale), normal, inverse, axes) : null,
      needs[1] ? g.unbroadcast(g.mul(dy!, normal), scale.type.shape) : null,
      bias && needs[2] ? g.unbroadcast(dy!, bias.type.shape) : null,
    ];
  },
});

/** The operator's own further outputs, which are float32 whatever the type of x. */
function storedStatistics(g: GraphBuilder, node: Node): { mean: Value; inverse: Value } {
  const outputs = node.outputs.length === 3 ? node.outputs : g.nodeOutputs('LayerNormalization', node.inputs, node.attrs, { outputs: 3 });
  return { mean: outputs[1]!, inverse: outputs[2]! };
}
