/** @file LARS: each layer's step is scaled to the size of its weights; over SGD with Nesterov momentum. */
import * as tf from '@tensorflow/tfjs';
import { Type, type Static } from '@sinclair/typebox';
import { mapValues } from '../tensors/parameters.js';
import type { Optimizer } from './optimizer.js';
import { descend, sgdOptions, zeroMomentum } from './sgd.js';

const config = Type.Object(
  {
    ...sgdOptions,
    trust: Type.Number({ default: 0.005, exclusiveMinimum: 0, description: 'length of a step over the length of the weights (eta)' }),
    clip: Type.Boolean({ default: true, description: 'never step further than plain SGD would' }),
    epsilon: Type.Number({ default: 1e-8, minimum: 0, description: 'keeps the division by the gradient defined' }),
    excludeBiasAndNorm: Type.Boolean({ default: true, description: 'one-dimensional parameters get neither scaling nor weight decay' }),
  },
  { additionalProperties: false },
);
/** A learning rate of exactly 0 must not divide 0. */
const LEAST_RATE = 1e-30;

type Config = Static<typeof config>;

/**
 * You et al. 2017, "Large Batch Training of Convolutional Networks", in the form that wraps SGD (as in solo-learn and EMP-SSL):
 * local = trust |p| / (|g| + weightDecay |p| + epsilon);  with clip, local <- min(local / learningRate, 1);  g <- local (g + weightDecay p).
 * A parameter with |p| = 0 or |g| = 0 keeps its gradient as it is.
 */
export const lars: Optimizer<Config> = {
  name: 'lars',
  summary: 'layer-wise scaled steps over SGD with momentum',
  config,
  init: (_, params) => zeroMomentum(params),
  update(options, input) {
    const rate: tf.Scalar = tf.maximum(input.learningRate, LEAST_RATE);
    const grads = mapValues(input.params, (param, name) => {
      const gradient = input.grads[name]!;
      return options.excludeBiasAndNorm && param.rank === 1 ? gradient : scaled(options, param, gradient, rate);
    });
    return descend(options, { ...input, grads });
  },
};

function scaled({ trust, clip, epsilon, weightDecay }: Config, param: tf.Tensor, gradient: tf.Tensor, rate: tf.Scalar): tf.Tensor {
  const size = length(param);
  const slope = length(gradient);
  const trusted = tf.div(tf.mul(size, trust), tf.add(tf.add(slope, tf.mul(size, weightDecay)), epsilon));
  const factor = clip ? tf.minimum(tf.div(trusted, rate), 1) : trusted;
  // 1 where both lengths are positive, else 0: `factor` is finite in either case.
  const active = tf.cast(tf.greater(tf.minimum(size, slope), 0), 'float32');
  const local = tf.add(tf.mul(factor, active), tf.sub(1, active));
  return tf.mul(tf.add(gradient, tf.mul(param, tf.mul(active, weightDecay))), local);
}

function length(x: tf.Tensor): tf.Scalar {
  return tf.sqrt(tf.sum<tf.Scalar>(tf.square(x)));
}
