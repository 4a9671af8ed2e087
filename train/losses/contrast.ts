/** @file What the contrastive losses share: how likely each row finds its positives among all other rows. */
import * as tf from '@tensorflow/tfjs';
import { Type } from '@sinclair/typebox';

/**
 * -mean over rows i of the mean over positives j of log softmax_j(z_i . z_j / temperature), row i itself left out of the softmax.
 * `z` [rows, dim], rows of length 1; `positives` [rows, rows] is 1 where j is a positive of i, 0 elsewhere and on the diagonal, with at least one 1 in each row.
 */
export function contrast(z: tf.Tensor2D, positives: tf.Tensor2D, temperature: number): tf.Scalar {
  const rows = z.shape[0];
  // Rows have length 1, so 1/temperature bounds the logits, and taking it off keeps exp() in range without a maximum.
  const logits = tf.sub(tf.mul(tf.matMul(z, z, false, true), 1 / temperature), 1 / temperature);
  const others = tf.mul(
    tf.exp(logits),
    matrix(rows, (i, j) => (i === j ? 0 : 1)),
  );
  const logLikelihood = tf.sub(logits, tf.log(tf.sum(others, 1, true)));
  const mean = tf.div(tf.sum(tf.mul(positives, logLikelihood), 1), tf.sum(positives, 1));
  return tf.neg(tf.mean<tf.Scalar>(mean));
}

/** The constant [rows, rows] matrix with those entries. */
export function matrix(rows: number, entry: (i: number, j: number) => number): tf.Tensor2D {
  return tf.tensor2d(
    Float32Array.from({ length: rows * rows }, (_, at) => entry(Math.floor(at / rows), at % rows)),
    [rows, rows],
  );
}

/** A softmax over cosines in [-1,1]: below 0.03, exp() of the least of them leaves single precision. */
export const temperature = Type.Number({ default: 0.07, minimum: 0.03, description: 'of the softmax over similarities' });
