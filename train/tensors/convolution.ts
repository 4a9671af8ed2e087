/** @file Two-dimensional convolution with filters stored as ONNX and PyTorch store them. */
import * as tf from '@tensorflow/tfjs';

/**
 * `x` [n, height, width, in] with `filter` [out, in, k, k], k odd, zero-padded by (k-1)/2 on every side as in PyTorch: [n, ceil(height/stride), ceil(width/stride), out].
 * The transposition of the filter costs nothing when traced, since the graph has the same layout.
 */
export function convolution(x: tf.Tensor4D, filter: tf.Tensor4D, stride: number): tf.Tensor4D {
  const padding = (filter.shape[2] - 1) / 2;
  const kernel: tf.Tensor4D = tf.transpose(filter, [2, 3, 1, 0]);
  if (padding === 0) return tf.conv2d(x, kernel, stride, 'valid');
  // The native TensorFlow backend has no gradient of a convolution with numeric padding.
  if (tf.getBackend() === 'tensorflow') {
    const padded: tf.Tensor4D = tf.pad(x, [
      [0, 0],
      [padding, padding],
      [padding, padding],
      [0, 0],
    ]);
    return tf.conv2d(padded, kernel, stride, 'valid');
  }
  return tf.conv2d(x, kernel, stride, padding);
}
