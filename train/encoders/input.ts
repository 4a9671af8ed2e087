/** @file Input normalisation inside the encoder, so that pixels outside are always in [0,1]. */
import * as tf from '@tensorflow/tfjs';
import { Type } from '@sinclair/typebox';

/** Options that every encoder of RGB images has. The default leaves pixels as they are, as the paper's code does. */
export const inputOptions = {
  mean: Type.Array(Type.Number(), { default: [0, 0, 0], minItems: 3, maxItems: 3, description: 'subtracted from each channel' }),
  std: Type.Array(Type.Number({ exclusiveMinimum: 0 }), {
    default: [1, 1, 1],
    minItems: 3,
    maxItems: 3,
    description: 'divides each channel, after the mean is off',
  }),
};

/** (x - mean) / std per channel; `x` [n, height, width, 3]. */
export function normalizeInput({ mean, std }: { mean: readonly number[]; std: readonly number[] }, x: tf.Tensor4D): tf.Tensor4D {
  if (mean.every((value) => value === 0) && std.every((value) => value === 1)) return x;
  return tf.div(tf.sub(x, tf.tensor1d([...mean])), tf.tensor1d([...std]));
}
