/** @file The function that training differentiates, the same for every engine: parameters and views to the loss. */
import * as tf from '@tensorflow/tfjs';
import type { Tensors } from '../tensors/parameters.js';
import type { StepSpec } from './engine.js';

export interface ObjectiveInput {
  readonly params: Readonly<Tensors>;
  readonly state: Readonly<Tensors>;
  /** Views [views * batch, 3, size, size] with values in [0,1], view-major. */
  readonly x: tf.Tensor4D;
  /** int32 [batch]. */
  readonly labels?: tf.Tensor1D;
}

export interface Objective {
  readonly loss: tf.Scalar;
  readonly parts: Readonly<Record<string, tf.Scalar>>;
  /** The encoder's state (running statistics) after this pass. */
  readonly state: Tensors;
}

/** Encoder in training mode, then loss. Pure; reads no values. */
export function objective({ encoder, loss, views, batch }: StepSpec, { params, state, x, labels }: ObjectiveInput): Objective {
  const images: tf.Tensor4D = tf.transpose(x, [0, 2, 3, 1]);
  const encoding = encoder.use.apply(encoder.config, params, state, images, 'train');
  const projections: tf.Tensor3D = tf.reshape(loss.use.rows === 'unit' ? encoding.projection : encoding.output, [views, batch, -1]);
  const value = loss.use.value(loss.config, { projections, ...(labels && { labels }) });
  return { ...value, state: encoding.state };
}
