/** @file What an audit says of its time before it starts. */
import { measureCosts } from './work/timing.js';
import type { Chunk } from './work/chunk.js';
import type { Costs } from './work/cost.js';
import type { Engine } from './work/engine.js';
import type { Range } from './work/list.js';
import type { WorkPlan } from './work/plan.js';

/** Ranges that the estimate looks at: a few of a server, of other models more, as far as they fit in so much memory. */
const [TIMED, MOST_TIMED, TIMED_BYTES] = [3, 40, 2 ** 27];

export interface RangesToTime {
  readonly ranges: readonly Range[];
  readonly chunk: (range: Range) => Chunk;
  /** Of the pixels of one range. */
  readonly itemBytes: number;
  /** Ranges that the audit works on at once. */
  readonly parallel: number;
  readonly signal: AbortSignal;
}

/** Times ranges from all over the list. */
export function measureRanges(engine: Engine, plan: WorkPlan, { ranges, chunk, itemBytes, parallel, signal }: RangesToTime): Promise<Costs> {
  const most = engine.device === 'remote' ? TIMED : Math.min(MOST_TIMED, Math.max(TIMED, Math.floor(TIMED_BYTES / itemBytes)));
  const looked = spread(ranges, most);
  const timing = { parallel: Math.min(parallel, ranges.length), now: () => performance.now(), signal };
  return measureCosts(engine, plan, new Map(looked.map((i) => [i, chunk(ranges[i]!)])), timing);
}

/** The indices of `count` of the items, from all over the list. */
function spread(items: readonly unknown[], count: number): number[] {
  const most = Math.min(count, items.length);
  return Array.from({ length: most }, (_, i) => Math.floor(((i + 0.5) * items.length) / most));
}

export function timeText(seconds: number): string {
  if (seconds < 1) return 'less than 1 s';
  if (seconds < 90) return `about ${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  return seconds < 5400 ? `about ${Math.round(seconds / 60)} min` : `about ${(seconds / 3600).toFixed(1)} h`;
}
