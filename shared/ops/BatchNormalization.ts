/** @file BatchNormalization, with running statistics (inference) and with those of the batch (training_mode 1). */
import type { GraphBuilder } from '../graph/builder.js';
import { RobencError } from '../errors.js';
import { defineOp } from '../graph/operator.js';
import type { Node, Value } from '../graph/value.js';

/**
 * Inference: y = γ (x - mean) / √(var + ε) + β.
 * Training: the same with the batch's own mean and biased variance; outputs 1 and 2 are the running statistics after the update
 * r' = momentum r + (1 - momentum) batch. A cotangent of outputs 1 and 2 is refused.
 */
export default defineOp({
  op: 'BatchNormalization',
  infer: (context) => {
    const x = context.type(0);
    const training = context.attrs['training_mode'] === 1;
    const statistics = { dtype: context.type(3).dtype, shape: context.type(3).shape };
    return training ? [x, statistics, statistics].slice(0, Math.max(1, context.outputs)) : [x];
  },
  grad: (g, node, [dy, ...statistics], needs) => {
    if (statistics.some((cotangent) => cotangent !== null))
      throw new RobencError(
        'unsupported',
        `BatchNormalization "${node.name}": no gradient passes through the running statistics that it gives in training mode.`,
      );
    if (!dy) return node.inputs.map(() => null);
    return node.attrs['training_mode'] === 1 ? trainingGradient(g, node, dy, needs) : inferenceGradient(g, node, dy, needs);
  },
});

function epsilonOf(g: GraphBuilder, node: Node, like: Value): Value {
  return g.scalarLike((node.attrs['epsilon'] as number | undefined) ?? 1e-5, like);
}

/** [C] as [C, 1, …], to meet x [N, C, …]. */
function perChannel(g: GraphBuilder, value: Value, rank: number): Value {
  return g.reshape(value, [value.type.shape[0]!, ...new Array<number>(rank - 2).fill(1)]);
}

function otherAxes(x: Value): number[] {
  return x.type.shape.flatMap((_, i) => (i === 1 ? [] : [i]));
}

/** dx = dy γ / √(var + ε);  dγ = Σ dy x̂, dβ = Σ dy, dmean = -Σ dx, dvar = -½ γ Σ dy (x - mean) (var + ε)^-1.5 */
function inferenceGradient(g: GraphBuilder, node: Node, dy: Value, needs: readonly boolean[]): (Value | null)[] {
  const [x, scale, , mean, variance] = node.inputs as [Value, Value, Value, Value, Value];
  const rank = x.type.shape.length;
  const inverse = g.node('Reciprocal', [g.node('Sqrt', [g.add(variance, epsilonOf(g, node, variance))])]);
  const factor = g.mul(scale, inverse);
  const dbeta = (): Value => g.sum(dy, otherAxes(x));
  const dgamma = (): Value => g.mul(g.sum(g.mul(dy, g.sub(x, perChannel(g, mean, rank))), otherAxes(x)), inverse);
  return [
    needs[0] ? g.mul(dy, perChannel(g, factor, rank)) : null,
    needs[1] ? dgamma() : null,
    needs[2] ? dbeta() : null,
    needs[3] ? g.neg(g.mul(dbeta(), factor)) : null,
    needs[4] ? g.mul(g.mul(g.mul(dgamma(), scale), g.mul(inverse, inverse)), g.scalarLike(-0.5, dy)) : null,
  ];
}

/**
 * With n elements a channel, x̂ = (x - μ) s, s = 1 / √(σ² + ε):
 * dβ = Σ dy, dγ = Σ dy x̂, dx = γ s (dy - dβ / n - x̂ dγ / n), written as a·dy + b·x + c with one number each a channel,
 * so that the big tensors are passed over as few times as possible.
 */
function trainingGradient(g: GraphBuilder, node: Node, dy: Value, needs: readonly boolean[]): (Value | null)[] {
  const [x, scale, , runningMean, runningVariance] = node.inputs as [Value, Value, Value, Value, Value];
  const rank = x.type.shape.length;
  const axes = otherAxes(x);
  const count = g.ratio(x.type.shape, [x.type.shape[1]!]);
  const { mean, variance } = batchStatistics(g, node, runningMean, runningVariance);
  const s = g.node('Reciprocal', [g.node('Sqrt', [g.add(variance, epsilonOf(g, node, variance))])]);
  const dbeta = g.sum(dy, axes);
  // Σ dy (x - μ) = Σ dy x - μ Σ dy: no centred copy of x is needed.
  const dgamma = g.mul(g.sub(g.sum(g.mul(dy, x), axes), g.mul(mean, dbeta)), s);
  if (!needs[0]) return [null, dgamma, dbeta, null, null];
  const a = g.mul(scale, s);
  const perElement = g.scalarLike(-1 / count, dy);
  const b = g.mul(g.mul(a, g.mul(s, dgamma)), perElement);
  const c = g.sub(g.mul(g.mul(a, dbeta), perElement), g.mul(b, mean));
  const spread = (v: Value): Value => perChannel(g, v, rank);
  const dx = g.add(g.add(g.mul(dy, spread(a)), g.mul(x, spread(b))), spread(c));
  return [dx, dgamma, dbeta, null, null];
}

/** The batch's own mean and biased variance: solved from the updated running statistics (momentum 0 gives them as they are), or computed where the node does not give these. */
function batchStatistics(g: GraphBuilder, node: Node, runningMean: Value, runningVariance: Value): { mean: Value; variance: Value } {
  const momentum = (node.attrs['momentum'] as number | undefined) ?? 0.9;
  const [, updatedMean, updatedVariance] = node.outputs;
  if (!updatedMean || !updatedVariance || momentum === 1) {
    const x = node.inputs[0]!;
    const mean = averaged(g, x, true);
    const distance = g.sub(x, mean);
    return { mean: g.reshape(mean, [x.type.shape[1]!]), variance: averaged(g, g.mul(distance, distance), false) };
  }
  const solve = (updated: Value, old: Value): Value =>
    momentum === 0 ? updated : g.div(g.sub(updated, g.mul(old, g.scalarLike(momentum, old))), g.scalarLike(1 - momentum, old));
  return { mean: solve(updatedMean, runningMean), variance: solve(updatedVariance, runningVariance) };
}

function averaged(g: GraphBuilder, x: Value, keep: boolean): Value {
  return g.node('ReduceMean', [x, g.ints(otherAxes(x))], { keepdims: keep ? 1 : 0 });
}
