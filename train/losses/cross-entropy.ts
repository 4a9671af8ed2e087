/** @file Cross-entropy: supervised training; the rows are logits, one for each class. */
import * as tf from '@tensorflow/tfjs';
import { Type, type Static } from '@sinclair/typebox';
import type { Loss } from './loss.js';

const config = Type.Object(
  {
    labelSmoothing: Type.Number({
      default: 0,
      minimum: 0,
      exclusiveMaximum: 1,
      description: 'share of the target that is spread evenly over all classes',
    }),
  },
  { additionalProperties: false },
);

/** -mean over views and images of sum_k target_k log softmax_k, target = (1 - s) onehot + s / classes. */
export const crossEntropy: Loss<Static<typeof config>> = {
  name: 'cross-entropy',
  summary: 'supervised: the projection is taken as logits, one for each class',
  config,
  parts: ['crossEntropy', 'accuracy'],
  rows: 'logits',
  needsLabels: true,
  views: { least: 1, most: Infinity },
  value({ labelSmoothing }, { projections, labels }) {
    const [views, batch, classes] = projections.shape;
    const logits: tf.Tensor2D = tf.reshape(projections, [views * batch, classes]);
    const expected = tf.tile(labels!, [views]);
    const target = tf.add(tf.mul(tf.cast(tf.oneHot(expected, classes), 'float32'), 1 - labelSmoothing), labelSmoothing / classes);
    const logLikelihood = tf.sub(logits, tf.logSumExp(logits, 1, true));
    const loss = tf.neg(tf.mean<tf.Scalar>(tf.sum(tf.mul(target, logLikelihood), 1)));
    const accuracy = tf.mean<tf.Scalar>(tf.cast(tf.equal(tf.argMax(logits, 1), expected), 'float32'));
    return { loss, parts: { crossEntropy: loss, accuracy } };
  },
};
