/** @file How a perturbation moves, and how it is kept within its bounds: pure functions of tensors, shared by the engines. */
import * as tf from '@tensorflow/tfjs';
import type { AdversaryPlan } from './adversary.js';

/** The part of `delta` that leaves `x + delta` in [0,1]. A carried perturbation meets a new batch through this. */
export function intoBox(x: tf.Tensor, delta: tf.Tensor): tf.Tensor {
  return tf.sub(tf.clipByValue(tf.add(x, delta), 0, 1), x);
}

/**
 * delta <- box(clip(delta + stepSize * sign(gradient), -epsilon, epsilon)): one ascent step of Linf PGD.
 * `gradient` is that of the loss with respect to the pixels x + delta.
 */
export function ascend({ epsilon, stepSize }: AdversaryPlan, x: tf.Tensor, delta: tf.Tensor, gradient: tf.Tensor): tf.Tensor {
  const moved = tf.add(delta, tf.mul(tf.sign(gradient), stepSize));
  return intoBox(x, tf.clipByValue(moved, -epsilon, epsilon));
}
