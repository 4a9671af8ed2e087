/** @file Fits a linear head in epochs of small batches, on clean embeddings, on those of attacked images, or on one after the other. */
import { RobencError } from '../../errors.js';
import { Random } from '../../math/random.js';
import { applyHead, type LinearHead } from '../linear-head.js';
import { logitAccuracy } from '../accuracy.js';
import { openProducts, softmaxRegression } from '../softmax-regression.js';
import { fold, measure, standardise } from '../standardise.js';
import type { Solver } from './solver.js';

/** So many epochs on clean embeddings, or on those of images that are attacked anew before each epoch. */
export interface Phase {
  readonly kind: 'clean' | 'robust';
  readonly epochs: number;
}

export interface MinibatchJob {
  /** Clean, [labels.length, size]. */
  readonly embeddings: Float32Array;
  readonly labels: Int32Array;
  readonly classes: number;
  readonly solver: Solver;
  /** The solver's own when left out. */
  readonly learningRate?: number | undefined;
  readonly weightDecay: number;
  readonly batchSize: number;
  readonly phases: readonly Phase[];
  /** Embeddings [labels.length, size] of all images under attack through this head. */
  readonly attacked: (head: LinearHead) => Promise<Float32Array>;
  /** Decides the order of the rows. */
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((fit: { done: number; total: number }) => void) | undefined;
}

export interface MinibatchResult {
  readonly head: LinearHead;
  /** On the clean embeddings. */
  readonly trainAccuracy: number;
}

/** Embeddings are standardised by the clean ones, which is folded into the head. Throws `cancelled` on the signal. */
export async function fitMinibatchHead(job: MinibatchJob): Promise<MinibatchResult> {
  const { embeddings, labels, classes, solver, phases, batchSize, seed } = job;
  const size = embeddings.length / labels.length;
  const standardisation = measure(embeddings, size);
  const clean = standardise(embeddings, standardisation);
  const point = new Float64Array((size + 1) * classes);
  const move = solver.start(point.length);
  const rate = job.learningRate ?? solver.learningRate;
  const headNow = (): LinearHead => fold(point.slice(0, size * classes), point.slice(size * classes), standardisation);
  const perEpoch = Math.ceil(labels.length / batchSize);
  const epochs = phases.flatMap(({ kind, epochs: count }) => Array.from({ length: count }, () => kind));
  const total = epochs.length * perEpoch;
  const products = await openProducts(size, classes);
  try {
    for (const [epoch, kind] of epochs.entries()) {
      if (job.signal?.aborted) throw new RobencError('cancelled', 'Fitting the linear head was stopped.');
      const features = kind === 'clean' ? clean : standardise(await job.attacked(headNow()), standardisation);
      const order = new Random(seed, 'minibatch-head', epoch).permutation(labels.length);
      for (let batch = 0; batch < perEpoch; batch++) {
        const rows = order.subarray(batch * batchSize, (batch + 1) * batchSize);
        const part = { features: rowsOf(features, rows, size), labels: Int32Array.from(rows, (row) => labels[row]!), classes };
        const { gradient } = await softmaxRegression(products, part, job.weightDecay, point);
        move(point, gradient, (rate * (1 + Math.cos((Math.PI * (epoch * perEpoch + batch)) / total))) / 2);
      }
      job.progress?.({ done: epoch + 1, total: epochs.length });
    }
  } finally {
    await products.close();
  }
  const head = headNow();
  return { head, trainAccuracy: logitAccuracy(applyHead(head, embeddings), labels, classes).value };
}

function rowsOf(values: Float32Array, rows: ArrayLike<number>, size: number): Float32Array {
  const result = new Float32Array(rows.length * size);
  for (let i = 0; i < rows.length; i++) result.set(values.subarray(rows[i]! * size, (rows[i]! + 1) * size), i * size);
  return result;
}
