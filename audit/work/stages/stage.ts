/** @file What a kind of stage is: how the images of an item are looked at. */
import type { Oracle } from '@robenc/shared/attacks/attack.js';
import type { Verifier } from '@robenc/shared/evaluation/confirm.js';
import type { Item } from '../engine.js';
import type { WorkPlan } from '../plan.js';
import type { ItemResult, RowResult } from '../result.js';

export interface StageTools {
  readonly plan: WorkPlan;
  /** What attacks see: means over draws where the model is random. */
  readonly oracle: Oracle;
  /** A second copy of the classifier. */
  readonly verifier: Verifier;
  readonly signal: AbortSignal;
}

export interface StageWork {
  readonly kind: string;
  run(item: Item, tools: StageTools): Promise<Pick<ItemResult, 'rows' | 'points'>>;
}

/** What a row has where its stage has nothing to say. */
export const NOTHING = {
  refuted: false,
  brokenAt: null,
  linf: 0,
  l2: 0,
  l1: 0,
  gradients: 0,
  queries: 0,
  zeroGradients: 0,
  nonFiniteGradients: 0,
  eightBit: null,
  votes: null,
} as const satisfies Partial<RowResult>;

/** JSON has no NaN and no infinity. */
export function finiteOr(value: number, otherwise: number): number {
  return Number.isFinite(value) ? value : otherwise;
}
