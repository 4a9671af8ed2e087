/** @file What an audit that certifies found: every image, with the radius within which its class is certain. */
import type { ImageId } from '@robenc/shared/attacks/attack.js';
import { proportion } from '@robenc/shared/evaluation/intervals.js';
import type { Store } from '@robenc/shared/jobs/store.js';
import { corruptedOutcome } from './corrupted.js';
import { auditItemId, type Range } from './list.js';
import type { AuditOutcome, Sample } from './outcome.js';
import type { CertifyOptions, WorkPlan } from './plan.js';
import { unpackResult, type ItemResult } from './result.js';

/** Of one image. */
export interface SampleCertificate {
  /** The class under noise; -1 where it abstains. */
  readonly index: number;
  readonly hits: number;
  /** Null where it abstains. */
  readonly radius: number | null;
}

/** Of all images. */
export interface CertificateTally {
  readonly options: CertifyOptions;
  /** Images that the model itself has right, without noise. */
  readonly baseCorrect: number;
  readonly abstained: number;
  /** Radii of the images whose class under noise is the right one, ascending. */
  readonly radii: readonly number[];
}

interface Job {
  readonly plan: WorkPlan;
  readonly ranges: readonly Range[];
  readonly chunkSize: number;
  readonly store: Store;
  readonly labels: Int32Array;
  readonly idOf: (index: number) => ImageId;
}

/** `clean` is the smoothed classifier at radius 0. An image without a result counts as not certified. */
export function certifiedOutcome(job: Job, step: number, epsilons: readonly number[]): AuditOutcome {
  const { plan, ranges, chunkSize, store, labels, idOf } = job;
  const options = plan.stages[step]!.options as CertifyOptions;
  const samples: Sample[] = [];
  const radii: number[] = [];
  let [baseCorrect, abstained, seconds, queries, attacked] = [0, 0, 0, 0, 0];
  for (const range of ranges) {
    const read = (at: number): ItemResult | null => {
      const id = auditItemId(range, chunkSize, at);
      return store.has(id) ? unpackResult(store.read(id), id) : null;
    };
    const [clean, certified] = [read(0), read(step)];
    if (clean === null) continue;
    const found = new Map(certified?.rows.map((row) => [row.row, row]));
    const share = (clean.seconds + (certified?.seconds ?? 0)) / range.count;
    seconds += certified?.seconds ?? 0;
    for (const row of clean.rows) {
      const label = labels[range.start + row.row]!;
      const result = found.get(row.row);
      const index = result?.prediction ?? -1;
      const radius = result?.votes?.radius ?? null;
      if (row.cleanPrediction === label) baseCorrect += 1;
      if (result !== undefined) attacked += 1;
      if (result !== undefined && index < 0) abstained += 1;
      if (index === label) radii.push(radius!);
      queries += result?.queries ?? 0;
      samples.push({
        id: idOf(range.start + row.row),
        label,
        cleanPrediction: row.cleanPrediction,
        margin: row.margin,
        lossBefore: row.lossBefore,
        seconds: share,
        certificate: { index, hits: result?.votes?.hits ?? 0, radius },
        at: epsilons.map((epsilon) => ({
          ...NOTHING_FOUND,
          epsilon,
          foundAt: epsilon,
          broken: !(index === label && radius! >= epsilon),
          prediction: index,
          lossAfter: row.lossBefore,
          queries: result?.queries ?? 0,
        })),
      });
    }
  }
  radii.sort((a, b) => a - b);
  const { epsilon: _radius, ...constants } = options;
  const certainAt = (epsilon: number) => radii.filter((radius) => radius >= epsilon).length;
  return {
    clean: proportion(radii.length, samples.length),
    results: epsilons.map((epsilon) => ({
      epsilon,
      robust: proportion(certainAt(epsilon), samples.length),
      eightBit: { broken: 0, of: 0 },
      gradients: 0,
      zeroGradients: 0,
      nonFiniteGradients: 0,
    })),
    // The copies are drawn once, for all radii: they are told with the first one.
    stages: epsilons.map((epsilon, i) => ({
      epsilon,
      attack: 'certify',
      options: constants,
      attacked,
      broken: radii.length - certainAt(epsilon),
      survivors: certainAt(epsilon),
      gradients: 0,
      queries: i === 0 ? queries : 0,
      zeroGradients: 0,
      nonFiniteGradients: 0,
      refuted: 0,
      seconds: i === 0 ? seconds : 0,
    })),
    samples,
    unverified: 0,
    corruptions: corruptedOutcome(job),
    certificate: { options, baseCorrect, abstained, radii },
  };
}

const NOTHING_FOUND = { stage: null, attack: null, target: null, query: null, linf: 0, l2: 0, l1: 0, eightBit: null, gradients: 0 } as const;
