/** @file What an adversary inside training is: how many passes move the perturbation, how far, and whether it is carried on. */
import type { Schema } from '../tensors/schema.js';

/** What a training step does with each batch. All distances are Linf, in pixels of [0,1]. */
export interface AdversaryPlan {
  /** Bound of the perturbation; 0 where there is none. */
  readonly epsilon: number;
  /** How far one ascent step moves each pixel. */
  readonly stepSize: number;
  /** Passes before the first optimizer step that move the perturbation only (PGD). */
  readonly attackSteps: number;
  /** Optimizer steps on the batch, each from one backward pass. */
  readonly replays: number;
  /** True where each of these backward passes also moves the perturbation, which the next batch starts from ("free" training). */
  readonly carries: boolean;
  /** Which views of an image it changes: every one, or only the last, which the others then stand against unperturbed. */
  readonly views: 'all' | 'last';
}

export interface Adversary<C = object> {
  readonly name: string;
  /** One sentence for help and documentation. */
  readonly summary: string;
  readonly config: Schema<C>;
  plan(config: C): AdversaryPlan;
}
