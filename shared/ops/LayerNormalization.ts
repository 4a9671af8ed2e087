/** @file LayerNormalization. */
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
    const [x, scale, bias] = node.inputs as [Value, Value, Value | undefined];
    const rank = x.type.shape.length;
    const axis = normalizeAxis(numberAttr(node.attrs, 'axis', -1), rank);
    const axes = Array.from({ length: rank - axis }, (_, i) => axis + i);
    const { mean, inverse } = x.type.dtype === 'float32' ? storedStatistics(g, node) : statistics(g, x, axes, numberAttr(node.attrs, 'epsilon', 1e-5));
    const normal = g.mul(g.sub(x, mean), inverse);
    // mean = Σ x / n, and s falls by s² x̂ / n for each step of x.
    const each = (v: Value): Value => g.div(g.cast(v, x.type.dtype), countOf(g, x, axes));
    const throughMean = dmean && g.expand(each(dmean), x.type.shape, x);
    const throughInverse = dinverse && g.neg(g.mul(each(dinverse), g.mul(g.mul(inverse, inverse), normal)));
    const throughStatistics = throughMean && throughInverse ? g.add(throughMean, throughInverse) : (throughMean ?? throughInverse ?? null);
    return [
      needs[0] ? total(g, dy ? normalizedGradient(g, g.mul(dy, scale), normal, inverse, axes) : null, throughStatistics) : null,
      dy && needs[1] ? g.unbroadcast(g.mul(dy, normal), scale.type.shape) : null,
      dy && bias && needs[2] ? g.unbroadcast(dy, bias.type.shape) : null,
    ];
  },
});

function total(g: GraphBuilder, a: Value | null, b: Value | null): Value | null {
  return a && b ? g.add(a, b) : (a ?? b);
}

/** How many elements each mean is over. */
function countOf(g: GraphBuilder, x: Value, axes: readonly number[]): Value {
  const sizes = axes.map((axis) => x.type.shape[axis]!);
  if (sizes.every((size) => typeof size === 'number'))
    return g.scalarLike(
      sizes.reduce((a, b) => a * b, 1),
      x,
    );
  return g.cast(g.node('ReduceProd', [g.node('Shape', [x], { start: axes[0]! })], { keepdims: 0 }), x.type.dtype);
}

/** The operator's own further outputs, which are float32 whatever the type of x. */
function storedStatistics(g: GraphBuilder, node: Node): { mean: Value; inverse: Value } {
  const outputs = node.outputs.length === 3 ? node.outputs : g.nodeOutputs('LayerNormalization', node.inputs, node.attrs, { outputs: 3 });
  return { mean: outputs[1]!, inverse: outputs[2]! };
}
