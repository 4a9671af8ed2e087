/** @file Batch normalisation over the last axis: with batch statistics in training, as an affine map otherwise. */
import * as tf from '@tensorflow/tfjs';
import { composite } from '@robenc/export/trace/composite.js';
import { RobencError } from '@robenc/shared/errors.js';

/** As in PyTorch's BatchNorm1d and BatchNorm2d. */
export const EPSILON = 1e-5;
export const MOMENTUM = 0.1;

export interface Statistics {
  readonly mean: tf.Tensor1D;
  readonly variance: tf.Tensor1D;
}

/**
 * `x` [..., channels] normalised by its own mean and (biased) variance per channel, times `scale` plus `shift` [channels];
 * and the running statistics after this batch, which take the unbiased variance, as PyTorch does. One node `BatchNormTrain` when traced.
 * Throws `bad-input` when a channel has a single value, whose variance says nothing.
 */
export function batchNormTrain(x: tf.Tensor, scale: tf.Tensor1D, shift: tf.Tensor1D, running: Statistics): Statistics & { readonly y: tf.Tensor } {
  const channels = x.shape.at(-1)!;
  const count = x.size / channels;
  if (count < 2)
    throw new RobencError('bad-input', `Batch normalisation in training: one value per channel in [${x.shape.join(',')}]. Use at least two images in a batch.`);
  const [y, mean, variance] = composite('BatchNormTrain', [x, scale, shift], { epsilon: EPSILON }, [x.shape, [channels], [channels]], () =>
    normalize(x, scale, shift),
  ) as [tf.Tensor, tf.Tensor1D, tf.Tensor1D];
  return {
    y,
    mean: moved(running.mean, mean, MOMENTUM),
    variance: moved(running.variance, variance, (MOMENTUM * count) / (count - 1)),
  };
}

/** Batch normalisation with running statistics as `x * factor + offset`, both [channels]. */
export function batchNormAffine(scale: tf.Tensor1D, shift: tf.Tensor1D, running: Statistics): { readonly factor: tf.Tensor1D; readonly offset: tf.Tensor1D } {
  const factor: tf.Tensor1D = tf.div(scale, tf.sqrt(tf.add(running.variance, EPSILON)));
  return { factor, offset: tf.sub(shift, tf.mul(running.mean, factor)) };
}

function normalize(x: tf.Tensor, scale: tf.Tensor1D, shift: tf.Tensor1D): tf.Tensor[] {
  const axes = x.shape.slice(0, -1).map((_, axis) => axis);
  const mean = tf.mean(x, axes);
  const centred = tf.sub(x, mean);
  const variance = tf.mean(tf.square(centred), axes);
  const factor = tf.div(scale, tf.sqrt(tf.add(variance, EPSILON)));
  return [tf.add(tf.mul(centred, factor), shift), mean, variance];
}

function moved(running: tf.Tensor1D, batch: tf.Tensor1D, weight: number): tf.Tensor1D {
  return tf.add(tf.mul(running, 1 - MOMENTUM), tf.mul(batch, weight));
}
