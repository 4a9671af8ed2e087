/** @file EMP-SSL: views of an image agree (invariance) while the images of a batch spread out (total coding rate). */
import * as tf from '@tensorflow/tfjs';
import { Type, type Static } from '@sinclair/typebox';
import { logDet } from '../tensors/log-det-inverse.js';
import { rowLengths } from '../tensors/normalize-rows.js';
import type { Loss } from './loss.js';

const config = Type.Object(
  {
    invarianceWeight: Type.Number({ default: 200, minimum: 0, description: 'weight of the agreement between views' }),
    codingRateWeight: Type.Number({ default: 1, minimum: 0, description: 'weight of the spread of a batch' }),
    codingRateEpsilon: Type.Number({ default: 0.2, exclusiveMinimum: 0, description: 'precision at which the spread is measured' }),
  },
  { additionalProperties: false },
);

/**
 * loss = w1 * invariance + w2 * codingRate, averaged over views (Tong et al. 2023, "EMP-SSL: Towards Self-Supervised Learning in One Training Epoch"):
 * invariance = -mean cosine(z[v], mean of z over v);  codingRate = -1/2 log det(I + d/(b eps) z[v]^T z[v]).
 */
export const empSsl: Loss<Static<typeof config>> = {
  name: 'emp-ssl',
  summary: 'EMP-SSL: agreement of many views with their mean, and total coding rate',
  config,
  parts: ['invariance', 'codingRate'],
  rows: 'unit',
  needsLabels: false,
  views: { least: 2, most: Infinity },
  value({ invarianceWeight, codingRateWeight, codingRateEpsilon }, { projections }) {
    const invariance = invarianceOf(projections);
    const codingRate = codingRateOf(projections, codingRateEpsilon);
    return { loss: tf.add(tf.mul(invariance, invarianceWeight), tf.mul(codingRate, codingRateWeight)), parts: { invariance, codingRate } };
  },
};

function invarianceOf(z: tf.Tensor3D): tf.Scalar {
  const mean = tf.mean(z, 0, true);
  const dot = tf.sum(tf.mul(z, mean), -1, true);
  const lengths = tf.mul(tf.maximum(rowLengths(z), 1e-8), tf.maximum(rowLengths(mean), 1e-8));
  return tf.neg(tf.mean<tf.Scalar>(tf.div(dot, lengths)));
}

function codingRateOf(z: tf.Tensor3D, epsilon: number): tf.Scalar {
  const [, batch, dim] = z.shape;
  // det(I + s Z Z^T) = det(I + s Z^T Z): the smaller of the two matrices will do.
  const gram: tf.Tensor3D = batch < dim ? tf.matMul(z, z, false, true) : tf.matMul(z, z, true, false);
  const rate = logDet(tf.add(tf.mul(gram, dim / (batch * epsilon)), tf.eye(Math.min(batch, dim))));
  return tf.mul(tf.mean(rate), -0.5);
}
