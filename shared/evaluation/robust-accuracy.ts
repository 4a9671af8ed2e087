/** @file Robust accuracy: the share of images that a model gets right and keeps right under attack, at several radii. */
import type { Attack, AttackOptions, Batch, ImageId, Oracle, Outcome } from '../attacks/attack.js';
import { gather, imageSize } from '../attacks/batch.js';
import { RobencError } from '../errors.js';
import { confirmOutcome } from './confirm.js';
import { proportion, type Proportion } from './intervals.js';

/** What happened to one image at one radius. */
export interface ImageAtEpsilon {
  readonly epsilon: number;
  /** Wrong on the image itself, or at a point of the ball. */
  readonly broken: boolean;
  /** The radius at which the point was found: a smaller one counts at every larger one, whose ball holds it. */
  readonly foundAt: number;
  readonly adversarialPrediction: number;
  readonly lossAfter: number;
  readonly iterations: number;
  readonly linf: number;
  readonly l2: number;
}

export interface ImageRecord {
  readonly id: ImageId;
  readonly label: number;
  readonly cleanPrediction: number;
  readonly lossBefore: number;
  /** One per radius, ascending. */
  readonly at: readonly ImageAtEpsilon[];
}

export interface EpsilonResult {
  readonly epsilon: number;
  /** Every constant of the attack. */
  readonly options: AttackOptions;
  /** Over all images: wrong when clean is not robust. */
  readonly robust: Proportion;
  readonly gradients: number;
  /** Gradients that were zero everywhere, or held NaN or infinity. */
  readonly zeroGradients: number;
  readonly nonFiniteGradients: number;
}

export interface RobustAccuracy {
  readonly clean: Proportion;
  /** One per radius, ascending. */
  readonly results: readonly EpsilonResult[];
  /** In the order of the images. */
  readonly records: readonly ImageRecord[];
  /** Points that the attack called misclassified and a second forward pass did not, or that lay outside the ball or [0,1]; they count as not found. */
  readonly unverified: number;
}

export interface RobustAccuracyJob {
  readonly oracle: Oracle;
  readonly labels: Int32Array;
  /** The images at those indices, with ids. Called once per batch, so pixels need not all be in memory as floats. */
  readonly images: (indices: readonly number[]) => Batch;
  readonly attack: Attack;
  /** One per radius. */
  readonly options: readonly AttackOptions[];
  readonly seed: number;
  readonly batchSize: number;
  /** Batches under way at once: the workers of the oracle. */
  readonly parallel: number;
  readonly signal?: AbortSignal;
  readonly progress?: (progress: { done: number; total: number; note: string }) => void;
}

/**
 * Attacks every image at every radius, from the smallest on. An image broken at one radius is broken at all larger ones and not attacked again, so
 * accuracy falls with the radius by construction. Results do not depend on batch size, order or workers beyond the rounding of the model itself.
 */
export async function robustAccuracy(job: RobustAccuracyJob): Promise<RobustAccuracy> {
  const total = job.labels.length;
  if (total === 0) throw new RobencError('bad-input', 'There are no images to attack.');
  const options = [...job.options].sort((a, b) => a.epsilon - b.epsilon).map((one) => job.attack.complete(one));
  const counters = options.map(() => ({ gradients: 0, zeroGradients: 0, nonFiniteGradients: 0 }));
  const records: ImageRecord[] = new Array<ImageRecord>(total);
  let [done, unverified] = [0, 0];
  const starts = Array.from({ length: Math.ceil(total / job.batchSize) }, (_, i) => i * job.batchSize);
  const workOff = async (): Promise<void> => {
    for (let start = starts.shift(); start !== undefined; start = starts.shift()) {
      const indices = Array.from({ length: Math.min(job.batchSize, total - start) }, (_, i) => start + i);
      const finished = await attackBatch(job, options, indices, counters);
      indices.forEach((index, row) => (records[index] = finished.records[row]!));
      unverified += finished.unverified;
      done += indices.length;
      job.progress?.({ done, total, note: notes(records, options) });
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, job.parallel) }, workOff));
  return {
    clean: proportion(records.filter(({ label, cleanPrediction }) => label === cleanPrediction).length, total),
    results: options.map((one, e) => ({
      epsilon: one.epsilon,
      options: one,
      robust: proportion(records.filter(({ at }) => !at[e]!.broken).length, total),
      ...counters[e]!,
    })),
    records,
    unverified,
  };
}

type Counter = { gradients: number; zeroGradients: number; nonFiniteGradients: number };

async function attackBatch(job: RobustAccuracyJob, options: readonly AttackOptions[], indices: readonly number[], counters: readonly Counter[]) {
  const x = job.images(indices);
  const labels = Int32Array.from(indices, (index) => job.labels[index]!);
  const { oracle, attack, seed, signal } = job;
  let records: ImageRecord[] = [];
  let unverified = 0;
  for (const [e, one] of options.entries()) {
    // A broken image stays broken; all images go through the first radius, which also tells who was wrong from the start.
    const active = e === 0 ? [...indices.keys()] : records.flatMap(({ at }, row) => (at[e - 1]!.broken ? [] : [row]));
    const part = gather(x, active);
    const partLabels = Int32Array.from(active, (row) => labels[row]!);
    const outcomes = active.length === 0 ? [] : await attack.run({ oracle, x: part, labels: partLabels, options: one, seed, ...(signal && { signal }) });
    const confirmed = await confirm(oracle, part, outcomes, one);
    unverified += confirmed.filter((is, i) => !is && outcomes[i]!.broken).length;
    if (e === 0) records = outcomes.map(({ id, label, cleanPrediction, lossBefore }) => ({ id, label, cleanPrediction, lossBefore, at: [] }));
    const found = new Map(active.map((row, i) => [row, entryOf(outcomes[i]!, one.epsilon, confirmed[i]!)]));
    records = records.map((record, row) => ({
      ...record,
      at: [...record.at, found.get(row) ?? { ...record.at[e - 1]!, epsilon: one.epsilon, iterations: 0 }],
    }));
    for (const outcome of outcomes) {
      counters[e]!.gradients += outcome.iterations;
      counters[e]!.zeroGradients += outcome.zeroGradients;
      counters[e]!.nonFiniteGradients += outcome.nonFiniteGradients;
    }
  }
  return { records, unverified };
}

function entryOf(outcome: Outcome, epsilon: number, confirmed: boolean): ImageAtEpsilon {
  const { adversarialPrediction, lossAfter, iterations, linf, l2, broken } = outcome;
  const entry = { epsilon, broken: broken && confirmed, foundAt: epsilon, adversarialPrediction, lossAfter, iterations, linf, l2 };
  return outcome.cleanPrediction === outcome.label ? entry : { ...entry, foundAt: 0 };
}

/** Whether each broken outcome stands when it is looked at again, alone. An image that is wrong from the start stands by itself. */
async function confirm(oracle: Oracle, x: Batch, outcomes: readonly Outcome[], options: AttackOptions): Promise<boolean[]> {
  const size = imageSize(x);
  const result: boolean[] = [];
  for (const [i, outcome] of outcomes.entries()) {
    const claimed = outcome.broken && outcome.cleanPrediction === outcome.label;
    const clean = x.data.subarray(i * size, (i + 1) * size);
    result.push(claimed ? (await confirmOutcome(oracle, clean, x.shape, outcome, options)).stands : outcome.broken);
  }
  return result;
}

/** Running accuracies for the progress line. */
function notes(records: readonly (ImageRecord | undefined)[], options: readonly AttackOptions[]): string {
  const known = records.filter((record) => record !== undefined);
  const percent = (count: number) => `${((100 * count) / known.length).toFixed(1)} %`;
  const clean = known.filter(({ label, cleanPrediction }) => label === cleanPrediction).length;
  return [
    `clean ${percent(clean)}`,
    ...options.map(({ epsilon }, e) => `at ${epsilonText(epsilon)} ${percent(known.filter(({ at }) => !at[e]!.broken).length)}`),
  ].join(' · ');
}

/** `8/255` where the radius is a whole number of levels (quarter levels are shown too), else four digits. */
export function epsilonText(epsilon: number): string {
  const levels = epsilon * 255;
  const quarters = Math.round(levels * 4) / 4;
  return epsilon > 0 && Math.abs(levels - quarters) < 1e-6 ? `${quarters}/255` : String(Number(epsilon.toPrecision(4)));
}
