/** @file SupCon: each view finds all views of all images of its class. */
import * as tf from '@tensorflow/tfjs';
import { Type, type Static } from '@sinclair/typebox';
import { contrast, matrix, temperature } from './contrast.js';
import type { Loss } from './loss.js';

const config = Type.Object({ temperature }, { additionalProperties: false });

/** Khosla et al. 2020, "Supervised Contrastive Learning" (the form with the sum outside the logarithm). */
export const supCon: Loss<Static<typeof config>> = {
  name: 'sup-con',
  summary: 'supervised contrast: each view finds all views of its class',
  config,
  parts: ['contrast'],
  rows: 'unit',
  needsLabels: true,
  views: { least: 2, most: Infinity },
  value(options, { projections, labels }) {
    const [views, batch, dim] = projections.shape;
    const rows = views * batch;
    const classes = tf.tile(labels!, [views]);
    const same = tf.cast(tf.equal(tf.reshape(classes, [rows, 1]), tf.reshape(classes, [1, rows])), 'float32');
    const positives: tf.Tensor2D = tf.mul(
      same,
      matrix(rows, (i, j) => (i === j ? 0 : 1)),
    );
    const loss = contrast(tf.reshape(projections, [rows, dim]), positives, options.temperature);
    return { loss, parts: { contrast: loss } };
  },
};
