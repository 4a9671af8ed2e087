/** @file What an audit does, as plain data: the same on this machine, in a later run and on other machines. */
import type { AttackOptions } from '@robenc/shared/attacks/attack.js';
import type { NormName } from '@robenc/shared/attacks/norms.js';
import type { CropPlan } from '@robenc/shared/evaluation/crops.js';
import type { SmoothingOptions } from '@robenc/shared/evaluation/smoothed-class.js';
import type { Size } from '@robenc/shared/images/resize.js';

/** One thing that is done to all images, or to those that survived the stages before it. */
export interface WorkStage {
  /** `clean`: predictions, the first of all; `attack`: on survivors; `corruption` and `certify`: on all. */
  readonly kind: 'clean' | 'attack' | 'corruption' | 'certify';
  /** Of the attack or corruption. */
  readonly name: string;
  readonly epsilon: number;
  /** Every constant. */
  readonly options: AttackOptions;
}

/** Of a stage that certifies; its radius is 0, as one certificate serves all radii. */
export interface CertifyOptions extends AttackOptions, SmoothingOptions {
  /** Copies that choose the class. */
  readonly choosing: number;
}

/** Of a stage that corrupts images; its radius is 0. */
export interface CorruptionOptions extends AttackOptions {
  /** 1 to 5. */
  readonly severity: number;
}

/** What a classifier is fed besides the pixels. */
export type FeedPlan =
  | { readonly kind: 'none' }
  /** The matrices of crops: the same ones for an image always, or new ones for every pass. */
  | { readonly kind: 'crops'; readonly crops: CropPlan; readonly source: Size; readonly random: boolean }
  /** Tensors that travel with the images, e.g. the embeddings of the clean ones. */
  | { readonly kind: 'chunk'; readonly shapes: Readonly<Record<string, readonly number[]>> };

export interface WorkPlan {
  readonly norm: NormName;
  readonly seed: number;
  /** Answers are means over so many draws; 1: the model is deterministic. */
  readonly draws: number;
  /** Passes that vote on a claimed misclassification; 1: the model is deterministic. */
  readonly votes: number;
  readonly feeds: FeedPlan;
  /** Operators that gradients pass as if they copied their first input; absent: none. */
  readonly straightThrough?: readonly string[];
  /** In order: the clean stage, then by radius from the smallest on. */
  readonly stages: readonly WorkStage[];
}

export const CLEAN: WorkStage = { kind: 'clean', name: 'clean', epsilon: 0, options: { epsilon: 0 } };
