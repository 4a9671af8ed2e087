/** @file What a loss is: a pure function from the projections of several views of each image to one number. */
import type * as tf from '@tensorflow/tfjs';
import type { Schema } from '../tensors/schema.js';

export interface Views {
  /** Projections [views, batch, dim], as `rows` of the loss asks for them: entry [v, i] is view v of image i. */
  readonly projections: tf.Tensor3D;
  /** Class of each image, int32 [batch]: there where the loss needs them, which is checked when the data is opened, and by every engine. */
  readonly labels?: tf.Tensor1D;
}

export interface LossValue {
  readonly loss: tf.Scalar;
  /** The terms of the loss before their weights, for the log. */
  readonly parts: Readonly<Record<string, tf.Scalar>>;
}

/** A loss. `value` is traced as well as run: it must be pure and read no tensor values. */
export interface Loss<C = object> {
  readonly name: string;
  /** One sentence for help and documentation. */
  readonly summary: string;
  readonly config: Schema<C>;
  /** Names of the parts that `value` answers. */
  readonly parts: readonly string[];
  /**
   * What a row of `projections` is. `unit`: scaled to length 1, for losses that compare directions. `free`: what the projector gives before that, entries of
   * any size, for losses that see to the spread themselves. `logits`: the same, but entry k is taken for class k, so there must be one for each class of the data.
   */
  readonly rows: 'unit' | 'free' | 'logits';
  /** True where `value` cannot do without labels. */
  readonly needsLabels: boolean;
  /** The number of views per image that it takes. */
  readonly views: { readonly least: number; readonly most: number };
  value(config: C, views: Views): LossValue;
}
