/** @file What an optimizer is: a pure function from parameters, gradients and slots to new parameters and slots. */
import type * as tf from '@tensorflow/tfjs';
import type { Parameters, Tensors } from '../tensors/parameters.js';
import type { Schema } from '../tensors/schema.js';

export interface OptimizerInput {
  readonly params: Readonly<Tensors>;
  /** Gradients under the names of the parameters. */
  readonly grads: Readonly<Tensors>;
  /** What the optimizer remembers from step to step, as `init` names it. */
  readonly slots: Readonly<Tensors>;
  /** Of this step; at least 0. */
  readonly learningRate: tf.Scalar;
}

/** An optimizer. `update` is traced as well as run: it must be pure and read no tensor values. */
export interface Optimizer<C = object> {
  readonly name: string;
  /** One sentence for help and documentation. */
  readonly summary: string;
  readonly config: Schema<C>;
  /** Slots before the first step. */
  init(config: C, params: Readonly<Parameters>): Parameters;
  /** New parameters and slots under the same names. */
  update(config: C, input: OptimizerInput): { readonly params: Tensors; readonly slots: Tensors };
}
