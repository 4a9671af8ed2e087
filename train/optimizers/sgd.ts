/** @file Stochastic gradient descent with momentum, as PyTorch computes it. */
import * as tf from '@tensorflow/tfjs';
import { Type, type Static } from '@sinclair/typebox';
import { mapValues, type Parameters, type Tensors } from '../tensors/parameters.js';
import type { Optimizer, OptimizerInput } from './optimizer.js';

export const sgdOptions = {
  momentum: Type.Number({ default: 0.9, minimum: 0, exclusiveMaximum: 1, description: 'how much of the last direction is kept' }),
  nesterov: Type.Boolean({ default: true, description: 'look ahead along the new direction' }),
  weightDecay: Type.Number({ default: 1e-4, minimum: 0, description: 'pull of every weight towards zero' }),
};
const config = Type.Object(sgdOptions, { additionalProperties: false });

/** g <- g + weightDecay p;  v <- momentum v + g;  p <- p - learningRate (nesterov ? g + momentum v : v). */
export const sgd: Optimizer<Static<typeof config>> = {
  name: 'sgd',
  summary: 'stochastic gradient descent with (Nesterov) momentum',
  config,
  init: (_, params) => zeroMomentum(params),
  update(options, input) {
    const { weightDecay } = options;
    const grads = weightDecay === 0 ? input.grads : mapValues(input.params, (param, name) => tf.add(input.grads[name]!, tf.mul(param, weightDecay)));
    return descend(options, { ...input, grads });
  },
};

/** A velocity of zero for each parameter, under its name. */
export function zeroMomentum(params: Readonly<Parameters>): Parameters {
  return mapValues(params, ({ shape, data }) => ({ shape: [...shape], data: new Float32Array(data.length) }));
}

/** The step along `grads` with momentum and without weight decay; slots hold one velocity per parameter. */
export function descend(
  { momentum, nesterov }: { momentum: number; nesterov: boolean },
  { params, grads, slots, learningRate }: OptimizerInput,
): { params: Tensors; slots: Tensors } {
  const velocities = mapValues(params, (_, name) => tf.add(tf.mul(slots[name]!, momentum), grads[name]!));
  const moved = mapValues(params, (param, name) => {
    const velocity = velocities[name]!;
    const direction = nesterov ? tf.add(grads[name]!, tf.mul(velocity, momentum)) : velocity;
    return tf.sub(param, tf.mul(direction, learningRate));
  });
  return { params: moved, slots: velocities };
}
