/** @file Having the items of an audit done elsewhere than in this process. */
import type { Execute } from '@robenc/shared/jobs/work-list.js';
import type { Item } from './engine.js';
import type { WorkPlan } from './plan.js';

export interface Distributed {
  readonly execute: Execute<Item>;
  /** Items that may be under way at once. */
  readonly parallel: number;
  close(): Promise<void>;
}

/** Makes the audit known to the others, by the bytes of its classifier and its plan. `itemBytes`: what an item weighs at most. */
export type Distribute = (audit: { readonly classifier: Uint8Array; readonly plan: WorkPlan; readonly itemBytes: number }) => Promise<Distributed>;
