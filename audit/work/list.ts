/** @file The work list of an audit: a chain for every range of images, a step for every stage. */
import { epsilonText } from '@robenc/shared/evaluation/robust-accuracy.js';
import { itemId, type WorkList } from '@robenc/shared/jobs/work-list.js';
import type { Store } from '@robenc/shared/jobs/store.js';
import type { Chunk } from './chunk.js';
import type { Item } from './engine.js';
import type { WorkPlan } from './plan.js';
import { unpackResult } from './result.js';

/** Images `start` to `start + count` of the set. */
export interface Range {
  readonly start: number;
  readonly count: number;
}

/** The ranges of a set; with a shard only every n-th of them, so that all shards together are the whole. */
export function rangesOf(images: number, size: number, shard: { readonly index: number; readonly of: number } | null): Range[] {
  const all = Array.from({ length: Math.ceil(images / size) }, (_, i) => ({ start: i * size, count: Math.min(size, images - i * size) }));
  return shard === null ? all : all.filter((_, i) => i % shard.of === shard.index);
}

export interface AuditList extends WorkList<Item> {
  readonly ranges: readonly Range[];
  /** Rows of a chain that no stage before `step` has broken; all of them before the clean stage. */
  standing(chain: number, step: number): readonly number[];
  /** An item in words: which images, at which stage. */
  textOf(id: string): string;
}

/** Item names use the place of a range in the whole set, so that shards and whole audits share results. */
export function auditList(plan: WorkPlan, ranges: readonly Range[], chunkSize: number, store: Store, chunk: (range: Range) => Chunk): AuditList {
  const known = ranges.map(({ count }) => ({ through: 0, rows: [...Array(count).keys()] }));
  const standing = (chain: number, step: number): readonly number[] => {
    const state = known[chain]!;
    if (state.through > step) Object.assign(state, { through: 0, rows: [...Array(ranges[chain]!.count).keys()] });
    for (; state.through < step; state.through++) {
      const { kind } = plan.stages[state.through]!;
      const id = auditItemId(ranges[chain]!, chunkSize, state.through);
      if ((kind !== 'clean' && kind !== 'attack') || !store.has(id)) continue;
      const broken = new Set(unpackResult(store.read(id), id).rows.flatMap((row) => (row.broken ? [row.row] : [])));
      state.rows = state.rows.filter((row) => !broken.has(row));
    }
    return state.rows;
  };
  return {
    ranges,
    chains: ranges.length,
    steps: plan.stages.length,
    idOf: (chain, step) => auditItemId(ranges[chain]!, chunkSize, step),
    standing,
    textOf(id) {
      const [step, place] = id.split('-').map(Number) as [number, number];
      const { name, epsilon } = plan.stages[step]!;
      const { start, count } = ranges.find((range) => range.start === place * chunkSize)!;
      return `images ${start + 1} to ${start + count} at ${name}${epsilon > 0 ? ` ${epsilonText(epsilon)}` : ''}`;
    },
    payload(chain, step) {
      const stage = plan.stages[step]!;
      const range = ranges[chain]!;
      const rows = stage.kind === 'attack' ? standing(chain, step) : [...Array(range.count).keys()];
      return rows.length === 0 ? null : { id: auditItemId(range, chunkSize, step), stage, chunk: chunk(range), rows: [...rows] };
    },
  };
}

/** The name of the result of a range at a stage. */
export function auditItemId({ start }: Range, chunkSize: number, step: number): string {
  return itemId(start / chunkSize, step);
}
