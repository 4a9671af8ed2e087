/** @file The way back through (x - mean) / deviation, which layer, instance and group normalisation share. */
import type { GraphBuilder } from '../graph/builder.js';
import type { Value } from '../graph/value.js';

/** Mean and inverse deviation over axes (kept as 1), computed from x. */
export function statistics(g: GraphBuilder, x: Value, axes: readonly number[], epsilon: number): { mean: Value; inverse: Value } {
  const mean = g.node('ReduceMean', [x, g.ints(axes)], { keepdims: 1 });
  const centred = g.sub(x, mean);
  const variance = g.node('ReduceMean', [g.mul(centred, centred), g.ints(axes)], { keepdims: 1 });
  return { mean, inverse: g.node('Reciprocal', [g.node('Sqrt', [g.add(variance, g.scalarLike(epsilon, x))])]) };
}

/** With x̂ = (x - mean) s: dx = s (dx̂ - mean dx̂ - x̂ mean(dx̂ x̂)). */
export function normalizedGradient(g: GraphBuilder, dnormal: Value, normal: Value, inverse: Value, axes: readonly number[]): Value {
  const mean = (v: Value): Value => g.node('ReduceMean', [v, g.ints(axes)], { keepdims: 1 });
  return g.mul(inverse, g.sub(g.sub(dnormal, mean(dnormal)), g.mul(normal, mean(g.mul(dnormal, normal)))));
}
