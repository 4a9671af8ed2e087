/** @file What an audit found under common corruptions: every family at every severity. */
import type { Store } from '@robenc/shared/jobs/store.js';
import { auditItemId, type Range } from './list.js';
import type { CorruptionOptions, WorkPlan } from './plan.js';
import { unpackResult } from './result.js';

export interface CorruptionTally {
  readonly name: string;
  readonly severity: number;
  /** Images that were looked at: fewer than all where the audit was ended early. */
  readonly images: number;
  readonly correct: number;
}

interface Job {
  readonly plan: WorkPlan;
  readonly ranges: readonly Range[];
  readonly chunkSize: number;
  readonly store: Store;
}

/** One entry per stage that corrupts, in the order of the plan. */
export function corruptedOutcome({ plan, ranges, chunkSize, store }: Job): CorruptionTally[] {
  return plan.stages.flatMap(({ kind, name, options }, step) => {
    if (kind !== 'corruption') return [];
    let [images, correct] = [0, 0];
    for (const range of ranges) {
      const id = auditItemId(range, chunkSize, step);
      if (!store.has(id)) continue;
      const { rows } = unpackResult(store.read(id), id);
      images += rows.length;
      correct += rows.filter(({ broken }) => !broken).length;
    }
    return [{ name, severity: (options as CorruptionOptions).severity, images, correct }];
  });
}
