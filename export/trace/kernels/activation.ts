/** @file The activations that fused kernels apply to their result, as nodes. */
import { RobencError } from '@robenc/shared/errors.js';
import type { GraphBuilder } from '@robenc/shared/graph/builder.js';
import type { Value } from '@robenc/shared/graph/value.js';
import type { KernelCall } from '../kernel.js';
import type { Traced } from '../traced.js';

export interface Activation {
  /** As tfjs names it. */
  readonly name: string;
  readonly alpha?: number;
  readonly weights?: Value;
}

/** The activation of `x`; the same elements in the same layout. */
export function activated(g: GraphBuilder, x: Value, { name, alpha, weights }: Activation): Value {
  switch (name) {
    case 'linear':
      return x;
    case 'relu':
      return g.node('Relu', [x]);
    case 'relu6':
      return g.node('Clip', [x, g.scalarLike(0, x), g.scalarLike(6, x)]);
    case 'elu':
      return g.node('Elu', [x]);
    case 'sigmoid':
      return g.node('Sigmoid', [x]);
    case 'leakyrelu':
      return g.node('LeakyRelu', [x], { alpha: alpha ?? 0.2 });
    case 'prelu':
      // max(x, 0) + weights min(x, 0)
      return g.add(g.node('Relu', [x]), g.mul(weights!, g.node('Min', [x, g.scalarLike(0, x)])));
    default:
      throw new RobencError('unsupported', `The activation "${name}" cannot be traced.`);
  }
}

/** Bias and activation of a fused kernel, as its inputs and attributes say. */
export function finished(call: KernelCall, result: Traced): Traced {
  const biased = call.has('bias') ? call.elementwise([result, call.input('bias')], (x, bias) => call.g.add(x, bias)) : result;
  const name = call.text('activation') ?? 'linear';
  if (name === 'prelu') {
    return call.elementwise([biased, call.input('preluActivationWeights')], (x, weights) => activated(call.g, x, { name, weights }));
  }
  return call.elementwise([biased], (x) => activated(call.g, x, { name, alpha: call.number('leakyreluAlpha', 0.2) }));
}
