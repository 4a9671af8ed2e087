/** @file The linear probe: softmax regression on standardised embeddings, the usual measure of how good an encoder is. */
import { RobencError } from '../errors.js';
import { lbfgs } from '../math/lbfgs.js';
import { Random } from '../math/random.js';
import { logitAccuracy } from './accuracy.js';
import { applyHead, type LinearHead } from './linear-head.js';
import { openProducts, softmaxRegression, type Products } from './softmax-regression.js';
import { fold, measure, standardise } from './standardise.js';

export interface ProbeJob {
  /** [labels.length, size] */
  readonly embeddings: Float32Array;
  /** Each in [0, classes). */
  readonly labels: Int32Array;
  readonly classes: number;
  /** Several are compared on a held-out fifth, and the best is fitted on everything. */
  readonly weightDecay?: number | readonly number[];
  /** Decides which fifth is held out; nothing else is left to chance. */
  readonly seed: number;
  readonly maxIterations?: number;
  readonly signal?: AbortSignal;
  readonly progress?: (fit: { done: number; total: number }) => void;
}

export interface ProbeResult {
  readonly head: LinearHead;
  readonly weightDecay: number;
  readonly iterations: number;
  /** Mean cross-entropy plus decay at the end, and the share of the embeddings it was fitted on that the head gets right. */
  readonly loss: number;
  readonly trainAccuracy: number;
  /** Accuracy on the held-out fifth per weight decay tried; empty when there was nothing to choose. */
  readonly heldOut: readonly { readonly weightDecay: number; readonly accuracy: number }[];
}

/** From weak to strong; on standardised features the best one for a few thousand images lies well inside. */
export const DEFAULT_WEIGHT_DECAYS = [1e-3, 1e-2, 1e-1, 1] as const;
const TOLERANCE = 1e-4;

/** Fits a head on embeddings; the standardisation is folded into it. Throws `bad-input` on shapes or labels that do not fit, `cancelled` on the signal. */
export async function fitLinearHead(job: ProbeJob): Promise<ProbeResult> {
  const { embeddings, labels, classes, seed } = job;
  const size = checkedSize(job);
  const decays = typeof job.weightDecay === 'number' ? [job.weightDecay] : (job.weightDecay ?? DEFAULT_WEIGHT_DECAYS);
  const products = await openProducts(size, classes);
  try {
    let done = 0;
    const total = decays.length === 1 ? 1 : decays.length + 1;
    const fit = async (rows: readonly number[], weightDecay: number) => {
      const result = await fitRows(job, products, size, rows, weightDecay);
      job.progress?.({ done: ++done, total });
      return result;
    };
    const { held, rest } = heldOutRows(labels.length, seed);
    const heldOut: { weightDecay: number; accuracy: number }[] = [];
    if (decays.length > 1 && rest.length > 0)
      for (const weightDecay of decays) {
        const { head } = await fit(rest, weightDecay);
        const { value } = logitAccuracy(applyHead(head, pickRows(embeddings, size, held)), pickLabels(labels, held), classes);
        heldOut.push({ weightDecay, accuracy: value });
      }
    // Of equally good ones the strongest: smaller weights are harder to attack.
    const best = heldOut.reduce((a, b) => (b.accuracy >= a.accuracy ? b : a), { weightDecay: decays[0]!, accuracy: -1 });
    const all = [...labels.keys()];
    const { head, value, iterations } = await fit(all, best.weightDecay);
    return {
      head,
      weightDecay: best.weightDecay,
      iterations,
      loss: value,
      trainAccuracy: logitAccuracy(applyHead(head, embeddings), labels, classes).value,
      heldOut,
    };
  } finally {
    await products.close();
  }
}

/** The fifth of `count` rows (at least one) that is held out, and the rest; in random order. */
export function heldOutRows(count: number, seed: number): { held: readonly number[]; rest: readonly number[] } {
  const rest = [...new Random(seed, 'linear-probe').permutation(count)];
  return { held: rest.splice(0, Math.max(1, Math.floor(count / 5))), rest };
}

async function fitRows(job: ProbeJob, products: Products, size: number, rows: readonly number[], weightDecay: number) {
  const { classes } = job;
  const raw = pickRows(job.embeddings, size, rows);
  const standardisation = measure(raw, size);
  const data = { features: standardise(raw, standardisation), labels: pickLabels(job.labels, rows), classes };
  const { point, value, iterations } = await lbfgs(new Float64Array((size + 1) * classes), (at) => softmaxRegression(products, data, weightDecay, at), {
    maxIterations: job.maxIterations ?? 300,
    tolerance: TOLERANCE,
    onIteration() {
      if (job.signal?.aborted) throw new RobencError('cancelled', 'Fitting the linear head was stopped.');
    },
  });
  return { head: fold(point.subarray(0, size * classes), point.subarray(size * classes), standardisation), value, iterations };
}

function checkedSize({ embeddings, labels, classes }: ProbeJob): number {
  const size = embeddings.length / labels.length;
  if (labels.length === 0 || !Number.isInteger(size) || size === 0)
    throw new RobencError(
      'bad-input',
      `${embeddings.length} values are no embeddings for ${labels.length} labels; give one embedding per label, and at least one.`,
    );
  const wrong = labels.findIndex((label) => label < 0 || label >= classes);
  if (wrong >= 0) throw new RobencError('bad-input', `Label ${wrong} is ${labels[wrong]}; with ${classes} classes it must be 0 to ${classes - 1}.`);
  if (!embeddings.every(Number.isFinite))
    throw new RobencError('bad-input', 'The embeddings hold NaN or infinity; the encoder is broken or was fed wrong pixels.');
  return size;
}

function pickRows(values: Float32Array, size: number, rows: readonly number[]): Float32Array {
  const result = new Float32Array(rows.length * size);
  rows.forEach((row, i) => result.set(values.subarray(row * size, (row + 1) * size), i * size));
  return result;
}

function pickLabels(labels: Int32Array, rows: readonly number[]): Int32Array {
  return Int32Array.from(rows, (row) => labels[row]!);
}
