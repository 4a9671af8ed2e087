/** @file What an audit found, put together from the results of its items: every image, every radius, every stage. */
import { proportion, type Proportion } from '@robenc/shared/evaluation/intervals.js';
import type { ImageId } from '@robenc/shared/attacks/attack.js';
import type { Store } from '@robenc/shared/jobs/store.js';
import { certifiedOutcome, type CertificateTally, type SampleCertificate } from './certified.js';
import { corruptedOutcome, type CorruptionTally } from './corrupted.js';
import { auditItemId, type Range } from './list.js';
import type { WorkPlan, WorkStage } from './plan.js';
import { unpackResult, type RowResult } from './result.js';

/** What happened to one image at one radius. */
export interface SampleAt {
  readonly epsilon: number;
  readonly broken: boolean;
  /** The radius at which the point was found: a smaller one counts at every larger one. 0: wrong from the start. */
  readonly foundAt: number;
  /** Index of the stage whose point this is, and its attack; null where there is none. */
  readonly stage: number | null;
  readonly attack: string | null;
  readonly target: number | null;
  /** Points that this attack had looked at when it met the first misclassified one. */
  readonly query: number | null;
  readonly prediction: number;
  readonly lossAfter: number;
  readonly linf: number;
  readonly l2: number;
  readonly l1: number;
  /** Whether the point is misclassified when rounded to whole levels; null where no point was found. */
  readonly eightBit: { readonly broken: boolean; readonly prediction: number; readonly linf: number } | null;
  readonly gradients: number;
  readonly queries: number;
}

export interface Sample {
  readonly id: ImageId;
  readonly label: number;
  readonly cleanPrediction: number;
  readonly margin: number | null;
  readonly lossBefore: number;
  /** Seconds of the items that the image was in, shared out evenly. */
  readonly seconds: number;
  /** Only of an audit that certifies. */
  readonly certificate?: SampleCertificate;
  /** One per radius, ascending. */
  readonly at: readonly SampleAt[];
}

/** One attack at one radius. */
export interface StageTally {
  readonly epsilon: number;
  readonly attack: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Images that it was made on, that it broke, and that stand after it (those that were not reached included). */
  readonly attacked: number;
  readonly broken: number;
  readonly survivors: number;
  readonly gradients: number;
  readonly queries: number;
  readonly zeroGradients: number;
  readonly nonFiniteGradients: number;
  /** Claimed points that did not stand when looked at again; they count as not found. */
  readonly refuted: number;
  readonly seconds: number;
}

export interface EpsilonTally {
  readonly epsilon: number;
  readonly robust: Proportion;
  /** Broken images whose point is still misclassified as an 8-bit image, of those that have a point. */
  readonly eightBit: { readonly broken: number; readonly of: number };
  readonly gradients: number;
  readonly zeroGradients: number;
  readonly nonFiniteGradients: number;
}

export interface AuditOutcome {
  readonly clean: Proportion;
  readonly results: readonly EpsilonTally[];
  readonly stages: readonly StageTally[];
  readonly samples: readonly Sample[];
  /** Claimed points that did not stand. */
  readonly unverified: number;
  /** Only of an audit that certifies: a sample is `broken` at a radius where it is not certified, and `clean` is the smoothed classifier. */
  readonly certificate?: CertificateTally;
  /** Empty where no corruptions were asked for. */
  readonly corruptions: readonly CorruptionTally[];
}

interface Job {
  readonly plan: WorkPlan;
  readonly ranges: readonly Range[];
  readonly chunkSize: number;
  readonly store: Store;
  readonly labels: Int32Array;
  readonly idOf: (index: number) => ImageId;
  /** Radii, ascending. */
  readonly epsilons: readonly number[];
}

/** Reads every result once. Images without a clean result are left out. */
export function outcomeOf(job: Job): AuditOutcome {
  const { plan, ranges, chunkSize, store, labels, idOf, epsilons } = job;
  const certified = plan.stages.findIndex(({ kind }) => kind === 'certify');
  if (certified >= 0) return certifiedOutcome(job, certified, epsilons);
  const attacks = plan.stages.flatMap((stage, step) => (stage.kind === 'attack' ? [{ stage, step }] : []));
  const tallies = attacks.map(({ stage }) => emptyTally(stage));
  const samples: Sample[] = [];
  for (const range of ranges) {
    const read = (step: number) => {
      const id = auditItemId(range, chunkSize, step);
      return store.has(id) ? unpackResult(store.read(id), id) : null;
    };
    const clean = read(0);
    if (clean === null) continue;
    const seconds = new Float64Array(range.count).fill(clean.seconds / range.count);
    const met = attacks.map(({ step }, i) => {
      const result = read(step);
      for (const { row } of result?.rows ?? []) seconds[row]! += result!.seconds / result!.rows.length;
      if (result !== null) addTo(tallies[i]!, result.rows, result.seconds);
      return new Map(result?.rows.map((row) => [row.row, row]));
    });
    for (const row of clean.rows) {
      const results = met.map((rows) => rows.get(row.row) ?? null);
      samples.push({
        id: idOf(range.start + row.row),
        label: labels[range.start + row.row]!,
        cleanPrediction: row.cleanPrediction,
        margin: row.margin,
        lossBefore: row.lossBefore,
        seconds: seconds[row.row]!,
        at: historyOf(row, epsilons, attacks, results),
      });
    }
  }
  const right = samples.filter(({ label, cleanPrediction }) => label === cleanPrediction).length;
  let standing = right;
  for (const tally of tallies) tally.survivors = standing -= tally.broken;
  return {
    clean: proportion(right, samples.length),
    results: epsilons.map((epsilon, e) => {
      const found = samples.flatMap(({ at }) => (at[e]!.broken && at[e]!.eightBit ? [at[e]!.eightBit] : []));
      const own = tallies.filter((tally) => tally.epsilon === epsilon);
      const sum = (key: 'gradients' | 'zeroGradients' | 'nonFiniteGradients') => own.reduce((total, tally) => total + tally[key], 0);
      return {
        epsilon,
        robust: proportion(samples.filter(({ at }) => !at[e]!.broken).length, samples.length),
        eightBit: { broken: found.filter(({ broken }) => broken).length, of: found.length },
        gradients: sum('gradients'),
        zeroGradients: sum('zeroGradients'),
        nonFiniteGradients: sum('nonFiniteGradients'),
      };
    }),
    stages: tallies,
    samples,
    unverified: tallies.reduce((sum, { refuted }) => sum + refuted, 0),
    corruptions: corruptedOutcome(job),
  };
}

type Tally = { -readonly [K in keyof StageTally]: StageTally[K] };

function emptyTally({ name, epsilon, options }: WorkStage): Tally {
  const { epsilon: _radius, norm: _norm, ...constants } = options;
  const counts = { attacked: 0, broken: 0, survivors: 0, gradients: 0, queries: 0, zeroGradients: 0, nonFiniteGradients: 0, refuted: 0, seconds: 0 };
  return { epsilon, attack: name, options: constants, ...counts };
}

function addTo(tally: Tally, rows: readonly RowResult[], seconds: number): void {
  tally.seconds += seconds;
  for (const row of rows) {
    tally.attacked += 1;
    if (row.broken) tally.broken += 1;
    if (row.refuted) tally.refuted += 1;
    for (const key of ['gradients', 'queries', 'zeroGradients', 'nonFiniteGradients'] as const) tally[key] += row[key];
  }
}

/** One entry per radius: the point that broke the image, or the worst one of those that did not. */
function historyOf(
  clean: RowResult,
  epsilons: readonly number[],
  attacks: readonly { stage: WorkStage }[],
  results: readonly (RowResult | null)[],
): SampleAt[] {
  const start = { ...none(clean), broken: clean.broken };
  let last: SampleAt = { epsilon: 0, foundAt: 0, ...start };
  return epsilons.map((epsilon) => {
    let [gradients, queries] = [0, 0];
    let here: SampleAt = last.broken ? last : { epsilon, foundAt: epsilon, ...start };
    results.forEach((row, i) => {
      const { stage } = attacks[i]!;
      if (row === null || stage.epsilon !== epsilon) return;
      gradients += row.gradients;
      queries += row.queries;
      if (here.broken || (!row.broken && row.refuted) || (!row.broken && !(row.lossAfter > here.lossAfter))) return;
      here = {
        epsilon,
        broken: row.broken,
        foundAt: epsilon,
        stage: i,
        attack: stage.name,
        target: row.broken ? (row.brokenAt?.target ?? null) : null,
        query: row.broken ? (row.brokenAt?.query ?? null) : null,
        prediction: row.prediction,
        lossAfter: row.lossAfter,
        linf: row.linf,
        l2: row.l2,
        l1: row.l1,
        eightBit: row.eightBit,
        gradients,
        queries,
      };
    });
    last = { ...here, epsilon, gradients, queries };
    return last;
  });
}

function none({ prediction, lossBefore }: RowResult) {
  const nothing = { stage: null, attack: null, target: null, query: null, eightBit: null };
  return { ...nothing, prediction, lossAfter: lossBefore, linf: 0, l2: 0, l1: 0, gradients: 0, queries: 0 };
}
