/** @file AdamW: steps scaled by running moments of each gradient, with weight decay beside them. */
import * as tf from '@tensorflow/tfjs';
import { Type, type Static } from '@sinclair/typebox';
import { mapValues, type Parameters, type Tensors } from '../tensors/parameters.js';
import type { Optimizer } from './optimizer.js';

const decay = (value: number, of: string) =>
  Type.Number({ default: value, minimum: 0, exclusiveMaximum: 1, description: `how much of the running ${of} is kept` });
const config = Type.Object(
  {
    beta1: decay(0.9, 'mean of the gradient'),
    beta2: decay(0.999, 'mean of its square'),
    epsilon: Type.Number({ default: 1e-8, exclusiveMinimum: 0, description: 'keeps the division defined' }),
    weightDecay: Type.Number({ default: 0.01, minimum: 0, description: 'share of the weights that a step at rate 1 takes off' }),
    excludeBiasAndNorm: Type.Boolean({ default: true, description: 'one-dimensional parameters get no weight decay' }),
  },
  { additionalProperties: false },
);

/** beta1^t and beta2^t after t steps, for the correction of the bias towards zero. */
const POWERS = { first: 'power/first', second: 'power/second' } as const;

/**
 * Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization", as PyTorch computes it:
 * m <- b1 m + (1 - b1) g;  v <- b2 v + (1 - b2) g^2;  p <- p (1 - rate decay) - rate (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon).
 */
export const adamw: Optimizer<Static<typeof config>> = {
  name: 'adamw',
  summary: 'steps scaled by running moments of the gradient, decoupled weight decay',
  config,
  init(_, params) {
    const zeros = (group: string): Parameters =>
      Object.fromEntries(
        Object.entries(params).map(([name, { shape, data }]) => [`${group}/${name}`, { shape: [...shape], data: new Float32Array(data.length) }]),
      );
    const one = (): Parameters[string] => ({ shape: [], data: Float32Array.of(1) });
    return { [POWERS.first]: one(), [POWERS.second]: one(), ...zeros('first'), ...zeros('second') };
  },
  update({ beta1, beta2, epsilon, weightDecay, excludeBiasAndNorm }, { params, grads, slots, learningRate }) {
    const powers = { [POWERS.first]: tf.mul(slots[POWERS.first]!, beta1), [POWERS.second]: tf.mul(slots[POWERS.second]!, beta2) };
    const moving = (group: string, beta: number, of: (gradient: tf.Tensor) => tf.Tensor): Tensors =>
      mapValues(params, (_, name) => tf.add(tf.mul(slots[`${group}/${name}`]!, beta), tf.mul(of(grads[name]!), 1 - beta)));
    const first = moving('first', beta1, (gradient) => gradient);
    const second = moving('second', beta2, (gradient) => tf.square(gradient));
    const unbiased = [POWERS.first, POWERS.second].map((name) => tf.sub(1, powers[name])) as [tf.Tensor, tf.Tensor];
    const kept = tf.sub(1, tf.mul(learningRate, weightDecay));
    const moved = mapValues(params, (param, name) => {
      const slope = tf.div(first[name]!, unbiased[0]);
      const size = tf.add(tf.sqrt(tf.div(second[name]!, unbiased[1])), epsilon);
      const shrunk = weightDecay === 0 || (excludeBiasAndNorm && param.rank === 1) ? param : tf.mul(param, kept);
      return tf.sub(shrunk, tf.mul(tf.div(slope, size), learningRate));
    });
    return { params: moved, slots: { ...powers, ...named('first', first), ...named('second', second) } };
  },
};

function named(group: string, tensors: Tensors): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`${group}/${name}`, tensor]));
}
