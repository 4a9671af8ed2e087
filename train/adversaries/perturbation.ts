/** @file How a perturbation moves, and how it is kept within its bounds: pure functions of tensors, shared by the engines. */
import * as tf from '@tensorflow/tfjs';
import type { AdversaryPlan } from './adversary.js';

/** The views as the encoder sees them: `delta` is added to the last rows of `x`, as many as it has. */
export function perturb(x: tf.Tensor, delta: tf.Tensor): tf.Tensor {
  const clean = x.shape[0] - delta.shape[0];
  if (clean === 0) return tf.add(x, delta);
  return tf.concat([tf.slice(x, 0, clean), tf.add(lastRows(x, delta.shape[0]), delta)], 0);
}

/** The last `count` rows of `x`. Rows are view-major, so these are the last views. */
export function lastRows(x: tf.Tensor, count: number): tf.Tensor {
  const rows = x.shape[0];
  return count === rows ? x : tf.slice(x, rows - count, count);
}

/** The part of `delta` that leaves the last rows of `x` plus it in [0,1]. A carried perturbation meets a new batch through this. */
export function intoBox(x: tf.Tensor, delta: tf.Tensor): tf.Tensor {
  const target = lastRows(x, delta.shape[0]);
  return tf.sub(tf.clipByValue(tf.add(target, delta), 0, 1), target);
}

/**
 * delta <- box(clip(delta + stepSize * sign(gradient), -epsilon, epsilon)): one ascent step of Linf PGD.
 * `gradient` is that of the loss with respect to `delta`, in its shape.
 */
export function ascend({ epsilon, stepSize }: AdversaryPlan, x: tf.Tensor, delta: tf.Tensor, gradient: tf.Tensor): tf.Tensor {
  const moved = tf.add(delta, tf.mul(tf.sign(gradient), stepSize));
  return intoBox(x, tf.clipByValue(moved, -epsilon, epsilon));
}
