/** @file The broken images that a report shows: those that the model was surest of. */
import type { Store } from '@robenc/shared/jobs/store.js';
import type { Chunk } from '../work/chunk.js';
import { auditItemId, type Range } from '../work/list.js';
import type { AuditOutcome, Sample, SampleAt } from '../work/outcome.js';
import type { WorkPlan } from '../work/plan.js';
import { pointOf, unpackResult } from '../work/result.js';

/** Shown at most. */
const EXAMPLES = 8;

export interface Example {
  readonly sample: Sample;
  readonly at: SampleAt;
  /** [channels,height,width] in [0,1]; of several crops the first. */
  readonly clean: Float32Array;
  readonly adversarial: Float32Array;
  readonly height: number;
  readonly width: number;
}

interface Job {
  readonly plan: WorkPlan;
  readonly ranges: readonly Range[];
  readonly chunkSize: number;
  readonly store: Store;
  readonly chunk: (range: Range) => Chunk;
  readonly outcome: AuditOutcome;
  readonly shape: readonly number[];
}

/** Images that were right with the largest margins and were broken at a radius, at the smallest one that did it. */
export function chooseExamples({ plan, ranges, chunkSize, store, chunk, outcome, shape }: Job): Example[] {
  const [channels, height, width] = [3, ...shape.slice(-2)] as [number, number, number];
  const attacks = plan.stages.flatMap((stage, step) => (stage.kind === 'attack' ? [step] : []));
  const places = new Map(ranges.flatMap((range) => idsOf(range, chunk, store, chunkSize)));
  const broken = outcome.samples.flatMap((sample) => {
    const at = sample.at.find((one) => one.broken && one.stage !== null);
    return at === undefined ? [] : [{ sample, at }];
  });
  const chosen = broken.toSorted((a, b) => (b.sample.margin ?? 0) - (a.sample.margin ?? 0)).slice(0, EXAMPLES);
  return chosen.flatMap(({ sample, at }): Example[] => {
    const place = places.get(sample.id);
    const id = place && auditItemId(place.range, chunkSize, attacks[at.stage!]!);
    if (place === undefined || id === undefined || !store.has(id)) return [];
    const point = pointOf(unpackResult(store.read(id), id), place.row);
    if (point === null) return [];
    const { x } = chunk(place.range);
    const size = point.length;
    const shown = channels * height * width;
    return [{ sample, at, clean: x.data.slice(place.row * size, place.row * size + shown), adversarial: point.slice(0, shown), height, width }];
  });
}

/** Where each image with a clean result lies. */
function idsOf(range: Range, chunk: (range: Range) => Chunk, store: Store, chunkSize: number): [string | number, { range: Range; row: number }][] {
  if (!store.has(auditItemId(range, chunkSize, 0))) return [];
  return chunk(range).x.ids.map((id, row) => [id, { range, row }]);
}
