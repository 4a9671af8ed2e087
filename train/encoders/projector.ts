/** @file The projector of EMP-SSL: features to the embedding, and on to the rows of length one that the loss sees. */
import * as tf from '@tensorflow/tfjs';
import { normalizeRows } from '../tensors/normalize-rows.js';
import type { Encoding } from './encoder.js';
import { applyDense, applyLinear, initDense, initLinear, type Context, type Initial } from './layers.js';

export interface ProjectorSizes {
  readonly embedding: number;
  readonly projection: number;
}

/** Three linear maps, the first two with batch normalisation in place of a bias. */
export function initProjector(to: Initial, features: number, { embedding, projection }: ProjectorSizes): void {
  initDense(to, 'projector.embed', { from: features, out: embedding });
  initDense(to, 'projector.hidden', { from: embedding, out: embedding });
  initLinear(to, 'projector.project', { from: embedding, out: projection });
}

/** Features [n, features]: linear, norm, ReLU give the embedding; linear, norm, ReLU, linear the output, and of length 1 the projection. */
export function applyProjector(context: Context, features: tf.Tensor2D): Omit<Encoding, 'state'> {
  const embedding: tf.Tensor2D = tf.relu(applyDense(context, 'projector.embed', features));
  const hidden: tf.Tensor2D = tf.relu(applyDense(context, 'projector.hidden', embedding));
  const output = applyLinear(context, 'projector.project', hidden);
  return { embedding, output, projection: normalizeRows(output) };
}
