/** @file What a learning-rate schedule is: a factor of the base rate for each optimizer step. */
import type { Schema } from '../tensors/schema.js';

export interface Schedule<C = object> {
  readonly name: string;
  /** One sentence for help and documentation. */
  readonly summary: string;
  readonly config: Schema<C>;
  /** The factor in [0,1] for optimizer step `step` (from 0) of `total`. */
  factor(config: C, step: number, total: number): number;
}
