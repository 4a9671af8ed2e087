/** @file What an encoder is worth while it trains: the accuracy of nearest neighbours on held-out images, as they are and under a label-free attack. */
import { parseEpsilon } from '@robenc/shared/config/epsilon.js';
import type { RunConfig } from '@robenc/shared/config/run.js';
import type { ImageSet } from '@robenc/shared/data/image-set.js';
import { encoderShape } from '@robenc/shared/evaluation/classifier-graph.js';
import { embedSet, openEmbedder } from '@robenc/shared/evaluation/embed.js';
import { knnPredictions } from '@robenc/shared/evaluation/knn.js';
import { batchSizeFor, imageId, pixelBatches } from '@robenc/shared/evaluation/pixels.js';
import type { Graph } from '@robenc/shared/graph/value.js';
import type { DeviceName } from '@robenc/shared/runtime/types.js';
import { openEmbeddingPgd } from './embedding-pgd.js';

/** How the settings of a run file say it. */
export type ValidationSettings = NonNullable<RunConfig['validation']>;

/** Shares of the held-out images whose neighbours vote for their class. */
export interface Validation {
  readonly clean: number;
  /** On the image itself and at the point that the attack found: an upper bound of what a stronger attack leaves. */
  readonly robust: number;
  readonly images: number;
  /** Mean cosine of the attacked embedding with the clean one. */
  readonly cosine: number;
  /** What the validation took; not part of the seconds of training. */
  readonly seconds: number;
}

export interface ValidationJob {
  /** `image` [batch,3,size,size] → `embedding`. */
  readonly encoder: Graph;
  /** Labelled images whose embeddings vote, and held-out ones that are voted on. */
  readonly bank: ImageSet;
  readonly heldOut: ImageSet;
  readonly settings: ValidationSettings;
  readonly seed: number;
  readonly workers: number;
  readonly device: DeviceName;
  readonly signal?: AbortSignal;
}

/** Measures one state of an encoder. Its chance is keyed by seed and image alone, so it draws nothing from the run. Throws `cancelled` when the signal fires. */
export async function validate(job: ValidationJob): Promise<Omit<Validation, 'seconds'>> {
  const { encoder, bank, heldOut, settings } = job;
  const common = { encoder, crops: null, workers: job.workers, device: job.device, ...(job.signal && { signal: job.signal }) };
  const train = await embedSet({ ...common, set: bank });
  const clean = await embedSet({ ...common, set: heldOut });
  const { size } = encoderShape(encoder);
  const attacked = await attackedEmbeddings(job, clean, size);
  const { k, temperature } = settings;
  const right = (queries: Float32Array): boolean[] => {
    const classes = bank.classes.length;
    const predictions = knnPredictions({ train, trainLabels: bank.labels!, queries, size, classes, k, temperature });
    return [...predictions].map((label, i) => label === heldOut.labels![i]);
  };
  const [before, after] = [right(clean), right(attacked)];
  const share = (held: (is: boolean, i: number) => boolean): number => before.filter(held).length / heldOut.count;
  return { clean: share((is) => is), robust: share((is, i) => is && after[i]!), images: heldOut.count, cosine: meanCosine(clean, attacked, size) };
}

/** Embeddings [count,size] of the held-out images after the attack. */
async function attackedEmbeddings(job: ValidationJob, clean: Float32Array, size: number): Promise<Float32Array> {
  const { encoder, heldOut, settings, seed, workers, device, signal } = job;
  const anchors = new Map(Array.from({ length: heldOut.count }, (_, i) => [imageId(heldOut, i), clean.subarray(i * size, (i + 1) * size)]));
  const epsilon = parseEpsilon(settings.epsilon, { field: 'validation.epsilon' });
  const embedder = await openEmbedder({ encoder, set: heldOut, crops: null, workers, device });
  const attack = await openEmbeddingPgd(encoder, anchors, { epsilon, steps: settings.steps, seed, workers, device }).catch(async (error: unknown) => {
    await embedder.close();
    throw error;
  });
  const pixels = pixelBatches(heldOut);
  const most = batchSizeFor(heldOut, workers);
  const starts = Array.from({ length: Math.ceil(heldOut.count / most) }, (_, i) => i * most);
  const result = new Float32Array(clean.length);
  const workOff = async (): Promise<void> => {
    for (let start = starts.shift(); start !== undefined; start = starts.shift()) {
      const from = start;
      const x = pixels(Array.from({ length: Math.min(most, heldOut.count - from) }, (_, i) => from + i));
      result.set(await embedder.embed(await attack.turnAway(x, signal)), from * size);
    }
  };
  try {
    await Promise.all(Array.from({ length: attack.workers }, workOff));
  } finally {
    await Promise.all([attack.close(), embedder.close()]);
  }
  return result;
}

function meanCosine(a: Float32Array, b: Float32Array, size: number): number {
  let sum = 0;
  for (let start = 0; start < a.length; start += size) {
    let [product, left, right] = [0, 0, 0];
    for (let i = start; i < start + size; i++) {
      product += a[i]! * b[i]!;
      left += a[i]! ** 2;
      right += b[i]! ** 2;
    }
    sum += product / Math.max(Math.sqrt(left * right), 1e-12);
  }
  return (sum * size) / a.length;
}
