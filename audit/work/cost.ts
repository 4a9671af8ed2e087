/** @file How long an audit will take: from what an image costs at each stage, and from how many images of some ranges a short attack leaves. */
import type { AttackOptions } from '@robenc/shared/attacks/attack.js';
import { attacks } from '@robenc/shared/attacks/index.js';
import type { WorkPlan } from './plan.js';

/** What became of the images of one range. */
export interface RangeSample {
  /** Of how many images the others are counts. */
  readonly images: number;
  readonly right: number;
  /** By radius. */
  readonly standing: ReadonlyMap<number, Standing>;
}

/** Images that will stand after the first attack at a radius, and after the ones that follow it: as far as short attacks can tell. */
export interface Standing {
  readonly first: number;
  readonly last: number;
}

export interface Costs {
  /** Per stage of the plan: seconds of one worker for an image that goes through all of it. */
  readonly stages: readonly number[];
  /** Seconds of one worker for an image that the first attack breaks, where it may leave then. */
  readonly early: number;
  /** By the index of their range; at least one. */
  readonly samples: ReadonlyMap<number, RangeSample>;
}

/**
 * Seconds until all ranges are done, whose numbers of images are given. Images that stand pay every stage in full, those that are soon broken leave early
 * in the first one. A range is worked off by one worker at a time; one that was not looked at is taken to be like one that was.
 */
export function predictSeconds(plan: WorkPlan, costs: Costs, ranges: readonly number[], workers: number): number {
  const known = [...costs.samples.values()];
  const times = ranges.map((count, i) => count * secondsPerImage(plan, costs, costs.samples.get(i) ?? known[i % known.length]!));
  const ends = new Float64Array(Math.max(1, workers));
  for (const time of times.sort((a, b) => b - a)) ends[ends.indexOf(Math.min(...ends))]! += time;
  return Math.max(...ends);
}

/** Of one worker, on average over the images of a range. */
function secondsPerImage(plan: WorkPlan, { stages, early }: Costs, { images, right, standing }: RangeSample): number {
  const share = (count: number) => (images === 0 ? 1 : count / images);
  let [before, total, radius] = [share(right), 0, 0];
  for (const [step, stage] of plan.stages.entries()) {
    const full = stages[step]!;
    if (stage.kind !== 'attack') {
      total += full;
      continue;
    }
    if (!leavesEarly(stage.name, stage.options)) {
      total += before * full;
      continue;
    }
    const { first, last } = standing.get(stage.epsilon) ?? { first: images, last: images };
    const after = Math.min(before, share(stage.epsilon === radius ? last : first));
    if (stage.epsilon !== radius) total += (before - after) * Math.min(full, early);
    [radius, before] = [stage.epsilon, after];
    total += after * full;
  }
  return total;
}

/** Whether images leave the attack at their first misclassified point. */
function leavesEarly(name: string, options: AttackOptions & { readonly earlyStop?: boolean }): boolean {
  return options.earlyStop !== false && attacks.get(name).exhaustive !== true;
}
