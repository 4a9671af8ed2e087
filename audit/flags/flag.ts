/** @file What a sanity check is: a look at the evidence that says whether an audit can be trusted. */
import type { AttackOptions } from '@robenc/shared/attacks/attack.js';
import type { AuditFlag } from '@robenc/shared/config/audit.js';
import type { Graph } from '@robenc/shared/graph/value.js';
import type { AuditOutcome } from '../work/outcome.js';
import type { Probe } from '../work/probe.js';
import type { WorkPlan } from '../work/plan.js';

/** Everything that an audit knows at its end. */
export interface Evidence {
  /** Null: another server holds the model. */
  readonly graph: Graph | null;
  readonly classes: number;
  readonly softmaxRemoved: boolean;
  readonly softmaxOutput: string;
  /** Classes of the data. */
  readonly dataClasses: number;
  /** Names of the classes of the data, by their logit. */
  readonly classOf: ReadonlyMap<number, string>;
  /** Whether somebody said which logit stands for which class. */
  readonly classesNamed: boolean;
  /** Clean logits [n, classes] of the first images. */
  readonly logits: Float32Array;
  /** Of the first few of them, each asked for alone; null where answers are random or a server gives them. */
  readonly alone: Float32Array | null;
  readonly options: readonly AttackOptions[];
  /** Null where it says nothing. */
  readonly probe: Probe | null;
  readonly outcome: AuditOutcome;
  readonly plan: WorkPlan;
}

export interface SanityCheck {
  readonly code: string;
  /** What the flag tells, or null when all is well. */
  look(evidence: Evidence): Omit<AuditFlag, 'code'> | null;
}
