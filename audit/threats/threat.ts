/** @file What a threat model of an audit is: what is attacked, what the adversary may change, and what counts as broken. */
import type { ImageId } from '@robenc/shared/attacks/attack.js';
import type { ImageSet } from '@robenc/shared/data/image-set.js';
import type { Graph } from '@robenc/shared/graph/value.js';
import type { DeviceRequest } from '@robenc/shared/runtime/types.js';
import type { AuditPlan } from '../plan.js';
import type { ModelInput } from '@robenc/shared/evaluation/preprocessing.js';
import type { RemoteModel } from '../remote/model.js';
import type { Target } from '../target.js';
import type { Chunk } from '../work/chunk.js';
import type { FeedPlan } from '../work/plan.js';

/** A classifier to attack, its images and their labels. */
export interface Setup {
  /** `image` → `logits`; or a model that another server holds. */
  readonly classifier: Graph | RemoteModel;
  readonly classes: number;
  /** Name, type and shape of the model's own output. */
  readonly output: string;
  readonly softmaxRemoved: boolean;
  readonly feeds: FeedPlan;
  /** Images that the model sees for each one of the set, where that is not one. */
  readonly several?: number;
  /** Logit of each image of the set. */
  readonly labels: Int32Array;
  readonly idOf: (index: number) => ImageId;
  readonly chunk: (indices: readonly number[]) => Chunk;
  /** Logit of each class of the data. Empty where the labels are not those of the data. */
  readonly logitOf: readonly number[];
  readonly classesNamed: boolean;
}

export interface ThreatContext {
  readonly target: Target;
  readonly input: ModelInput;
  readonly plan: AuditPlan;
  readonly set: ImageSet;
  readonly output: string | undefined;
  readonly seed: number;
  readonly workers: number;
  readonly device: DeviceRequest;
  readonly signal: AbortSignal;
  /** Images whose embeddings are known: of the training part of the data. Only loaded when asked for. */
  readonly bank: () => Promise<ImageSet>;
  readonly tell: (line: string) => void;
}

export interface AuditThreat {
  readonly name: string;
  /** For reports: what is attacked, and what the adversary may change. */
  readonly text: string;
  /** Which model of a package it is about; a plain file is taken as that. */
  readonly model: 'classifier' | 'encoder' | 'aggregate';
  /** Whether images must come in class folders. */
  readonly needsLabels: boolean;
  /** Whether the model's answers are random, though its graph is not. */
  readonly random?: boolean;
  build(context: ThreatContext): Promise<Setup>;
}
