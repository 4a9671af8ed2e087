/** @file Rows of length one. */
import * as tf from '@tensorflow/tfjs';

/** `x` over its Euclidean length along the last axis; rows shorter than `least` are divided by `least` (PyTorch's F.normalize). */
export function normalizeRows<T extends tf.Tensor>(x: T, least = 1e-12): T {
  return tf.div(x, tf.maximum(rowLengths(x), least));
}

/** Euclidean lengths along the last axis, which stays as size 1. */
export function rowLengths(x: tf.Tensor): tf.Tensor {
  return tf.sqrt(tf.sum(tf.square(x), -1, true));
}
