/** @file What an encoder is: configuration, initial values, and one pure function from images to embeddings. */
import type * as tf from '@tensorflow/tfjs';
import type { Random } from '@robenc/shared/math/random.js';
import type { Parameters, Tensors } from '../tensors/parameters.js';
import type { Schema } from '../tensors/schema.js';

/** `train`: batch statistics, running statistics move. `eval`: running statistics, each image for itself. */
export type Mode = 'train' | 'eval';

/** What an encoder learns (params) and what it only keeps count of (state: running statistics). */
export interface EncoderValues {
  readonly params: Parameters;
  readonly state: Parameters;
}

export interface Encoding {
  /** What is served and probed: [batch, embedding]. */
  readonly embedding: tf.Tensor2D;
  /** What the loss sees, rows of length 1: [batch, projection]. */
  readonly projection: tf.Tensor2D;
  /** The same before it is scaled: [batch, projection]. */
  readonly output: tf.Tensor2D;
  /** In mode `train` the state after this batch, under the same names; in mode `eval` the state as given. */
  readonly state: Tensors;
}

/** An encoder. Its `apply` is traced as well as run: it must be pure and read no tensor values. */
export interface Encoder<C = object> {
  readonly name: string;
  /** One sentence for help and documentation. */
  readonly summary: string;
  readonly config: Schema<C>;
  /** Its graph comes from a file: tfjs itself cannot run it. */
  readonly foreign?: true;
  /** The sizes of the embedding and of the projection. */
  dimensions(config: C): { readonly embedding: number; readonly projection: number };
  /** Initial values. Filters are [out, in, height, width], weights [in, out]. */
  init(config: C, random: Random): EncoderValues;
  /** `x`: images [batch, height, width, 3] with values in [0,1]; normalisation, if any, is part of the encoder. */
  apply(config: C, params: Readonly<Tensors>, state: Readonly<Tensors>, x: tf.Tensor4D, mode: Mode): Encoding;
}
