/** @file Choosing some of a data set by a seed, alike from every class. */
import { Random } from '../math/random.js';
import type { Split } from './image-set.js';

export interface Limit {
  /** How many images at most: altogether, or of each class with `perClass`. Absent: all. */
  readonly limit?: number | undefined;
  readonly perClass?: boolean | undefined;
  readonly seed: number;
}

/**
 * Which of `count` items to keep, ascending. With labels every class gives equally many, as far as it has them (the classes differ by at most one); the choice within
 * a class depends only on the seed, and a larger limit keeps what a smaller one kept.
 */
export function chooseIndices(count: number, labels: ArrayLike<number> | null, { limit, perClass = false, seed }: Limit): Int32Array {
  if (limit === undefined || (limit >= count && !perClass)) return Int32Array.from({ length: count }, (_, i) => i);
  const order = new Random(seed, 'limit').permutation(count);
  if (labels === null) return order.slice(0, limit).sort();
  const byClass = new Map<number, number[]>();
  for (const index of order) {
    const label = labels[index]!;
    const members = byClass.get(label);
    if (members === undefined) byClass.set(label, [index]);
    else members.push(index);
  }
  const classes = [...byClass.entries()].sort(([a], [b]) => a - b).map(([, members]) => members);
  const chosen: number[] = [];
  const wanted = perClass ? Infinity : limit;
  for (let round = 0; chosen.length < wanted && classes.some((members) => round < members.length) && !(perClass && round >= limit); round++)
    for (const members of classes) if (round < members.length && chosen.length < wanted) chosen.push(members[round]!);
  return Int32Array.from(chosen).sort();
}

/** How the parts of data without a split of its own are chosen: always alike, so that commands with other seeds agree on them. */
const PARTS_SEED = 0;

/** One of two parts of `count` items, ascending, alike in every class: `test` is `share` of them, at least one, and `train` the rest. */
export function partIndices(count: number, labels: ArrayLike<number> | null, split: Split, share: number): Int32Array {
  const limit = Math.min(count - 1, Math.max(1, Math.round(count * share)));
  const held = chooseIndices(count, labels, { limit, seed: PARTS_SEED });
  if (split === 'test') return held;
  const isHeld = new Set(held);
  return Int32Array.from({ length: count }, (_, i) => i).filter((index) => !isHeld.has(index));
}
