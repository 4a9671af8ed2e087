/** @file NT-Xent, the loss of SimCLR: each view finds the other views of its image among all views of the batch. */
import * as tf from '@tensorflow/tfjs';
import { Type, type Static } from '@sinclair/typebox';
import { contrast, matrix, temperature } from './contrast.js';
import type { Loss } from './loss.js';

const config = Type.Object({ temperature }, { additionalProperties: false });

/** Chen et al. 2020, "A Simple Framework for Contrastive Learning of Visual Representations"; with more than two views, the mean over positives. */
export const ntXent: Loss<Static<typeof config>> = {
  name: 'nt-xent',
  summary: 'SimCLR: each view finds the other views of its image',
  config,
  parts: ['contrast'],
  rows: 'unit',
  needsLabels: false,
  views: { least: 2, most: Infinity },
  value(options, { projections }) {
    const [views, batch, dim] = projections.shape;
    const rows = views * batch;
    const positives = matrix(rows, (i, j) => (i !== j && i % batch === j % batch ? 1 : 0));
    const loss = contrast(tf.reshape(projections, [rows, dim]), positives, options.temperature);
    return { loss, parts: { contrast: loss } };
  },
};
