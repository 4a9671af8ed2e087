/** @file VICReg: views of an image agree, every dimension keeps its spread, and no two dimensions say the same. */
import * as tf from '@tensorflow/tfjs';
import { Type, type Static } from '@sinclair/typebox';
import type { Loss } from './loss.js';

const config = Type.Object(
  {
    invarianceWeight: Type.Number({ default: 25, minimum: 0, description: 'weight of the agreement between views' }),
    varianceWeight: Type.Number({ default: 25, minimum: 0, description: 'weight of the spread of each dimension' }),
    covarianceWeight: Type.Number({ default: 1, minimum: 0, description: 'weight of the independence of dimensions' }),
  },
  { additionalProperties: false },
);

/** Keeps the slope of the square root finite, as in the paper. */
const EPSILON = 1e-4;

/**
 * Bardes et al. 2022, "VICReg: Variance-Invariance-Covariance Regularization for Self-Supervised Learning", on rows of any length:
 * invariance = mean squared difference of two views, over pairs of views;  variance = mean over views and dimensions of max(0, 1 - deviation);
 * covariance = 2 mean over views of sum of squared covariances of different dimensions / dim. For two views these are the terms of the authors' code.
 */
export const vicreg: Loss<Static<typeof config>> = {
  name: 'vicreg',
  summary: 'VICReg: agreement of views, spread of each dimension, independence of dimensions',
  config,
  parts: ['invariance', 'variance', 'covariance'],
  rows: 'free',
  needsLabels: false,
  views: { least: 2, most: Infinity },
  value({ invarianceWeight, varianceWeight, covarianceWeight }, { projections: z }) {
    const [views, batch, dim] = z.shape;
    // Sum over pairs of |a - b|^2 = views * sum of |a - mean|^2.
    const apart = tf.sum<tf.Scalar>(tf.square(tf.sub(z, tf.mean(z, 0, true))));
    const invariance: tf.Scalar = tf.mul(apart, 2 / ((views - 1) * batch * dim));
    const centred: tf.Tensor3D = tf.sub(z, tf.mean(z, 1, true));
    const deviation = tf.sqrt(tf.add(tf.mul(tf.sum(tf.square(centred), 1), 1 / (batch - 1)), EPSILON));
    const variance = tf.mean<tf.Scalar>(tf.relu(tf.sub(1, deviation)));
    const covariances = tf.mul(tf.matMul(centred, centred, true, false), 1 / (batch - 1));
    const offDiagonal = tf.mul(covariances, tf.sub(1, tf.eye(dim)));
    const covariance: tf.Scalar = tf.mul(tf.sum<tf.Scalar>(tf.square(offDiagonal)), 2 / (views * dim));
    const weighted = tf.add(tf.mul(invariance, invarianceWeight), tf.mul(variance, varianceWeight));
    const loss: tf.Scalar = tf.add(weighted, tf.mul(covariance, covarianceWeight));
    return { loss, parts: { invariance, variance, covariance } };
  },
};
