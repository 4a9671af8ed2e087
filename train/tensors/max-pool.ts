/** @file The maximum over windows of an image. */
import * as tf from '@tensorflow/tfjs';

/** `x` [n, height, width, channels], no value below 0, over windows of `size` (odd) with (size-1)/2 of padding on every side: [n, ceil(height/stride), ceil(width/stride), channels]. */
export function maxPool(x: tf.Tensor4D, size: number, stride: number): tf.Tensor4D {
  const padding = (size - 1) / 2;
  if (tf.getBackend() !== 'tensorflow') return tf.maxPool(x, size, stride, padding, 'floor');
  // The native TensorFlow backend has no numeric padding here; zeros lose against every value of 0 or more.
  const padded: tf.Tensor4D = tf.pad(x, [
    [0, 0],
    [padding, padding],
    [padding, padding],
    [0, 0],
  ]);
  return tf.maxPool(padded, size, stride, 'valid');
}
