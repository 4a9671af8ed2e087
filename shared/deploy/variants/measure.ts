/** @file How a model in another number format compares with float32: clean accuracy, robust accuracy and speed. */
import { pgd } from '../../attacks/pgd.js';
import { createBatch } from '../../attacks/batch.js';
import type { ManifestVariant } from '../../config/manifest.js';
import { subset, type ImageSet } from '../../data/image-set.js';
import { openOracle } from '../../evaluation/oracle.js';
import { pixelBatches } from '../../evaluation/pixels.js';
import type { Graph, TensorData } from '../../graph/value.js';
import { argmaxRow } from '../../math/logits.js';
import { openSession } from '../../runtime/session.js';
import type { Session } from '../../runtime/types.js';

export interface MeasureJob {
  /** The float32 classifier: its graph, whose gradients make the adversarial images, and its file. */
  readonly graph: Graph;
  readonly reference: string;
  /** File of the classifier in the other format. */
  readonly variant: string;
  /** Labelled, with labels as the logits count them. */
  readonly set: ImageSet;
  /** What `set` is, for the record. */
  readonly data: string;
  /** Linf radius in pixels of [0,1]. */
  readonly epsilon: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
}

type Comparison = NonNullable<ManifestVariant['comparison']>;

const BATCH = 32;
/** Attacked: enough to tell a collapse, few enough for an export. */
const ATTACKED = 64;
const STEPS = 10;
/** Rounds of each model in turn; the fastest counts, as the others were disturbed. */
const ROUNDS = 7;

/** Float32 images [n,3,H,W] of a set, in batches. */
export function imageBatches(set: ImageSet, size = BATCH): { readonly image: TensorData; readonly indices: number[] }[] {
  const read = pixelBatches(set);
  return Array.from({ length: Math.ceil(set.count / size) }, (_, i) => {
    const indices = Array.from({ length: Math.min(size, set.count - i * size) }, (_, k) => i * size + k);
    const { data, shape, count } = read(indices);
    return { indices, image: { dtype: 'float32', shape: [count, ...shape], data } };
  });
}

/** Both models on the same images. Throws `cancelled` when stopped. */
export async function measureVariant(job: MeasureJob): Promise<Comparison> {
  const { set, data, epsilon } = job;
  const threads = { device: 'cpu', threads: 1 } as const;
  const sessions: Session[] = [];
  try {
    sessions.push(await openSession(job.reference, threads));
    sessions.push(await openSession(job.variant, threads));
    const batches = imageBatches(set);
    const [reference, variant] = await Promise.all(sessions.map((session) => correct(session, batches, set.labels!)));
    const count = Math.min(ATTACKED, set.count);
    // Evenly over the set, which may be in the order of its classes.
    const attacked = subset(
      set,
      Array.from({ length: count }, (_, i) => Math.floor((i * set.count) / count)),
    );
    const adversarial = await adversarialImages(job, attacked);
    const [robustReference, robustVariant] = await Promise.all(sessions.map((session) => correct(session, adversarial, attacked.labels!)));
    return {
      data,
      images: set.count,
      accuracy: variant! / set.count,
      referenceAccuracy: reference! / set.count,
      robust: {
        attack: `pgd, ${STEPS} steps`,
        epsilon,
        accuracy: robustVariant! / attacked.count,
        referenceAccuracy: robustReference! / attacked.count,
        images: attacked.count,
      },
      speed: await relativeSpeed(sessions as [Session, Session], batches[0]!.image),
    };
  } finally {
    for (const session of sessions) await session.close();
  }
}

async function correct(
  session: Session,
  batches: readonly { readonly image: TensorData; readonly indices: readonly number[] }[],
  labels: Int32Array,
): Promise<number> {
  let count = 0;
  for (const { image, indices } of batches) {
    const { data, shape } = (await session.run({ image }, ['logits']))['logits']!;
    const classes = shape[1]!;
    indices.forEach((index, row) => {
      if (argmaxRow(data as Float32Array, classes, row) === labels[index]) count++;
    });
  }
  return count;
}

/** PGD on every image of the set, in batches as `imageBatches` makes them. */
export async function adversarialImages({ graph, epsilon, seed, signal }: Pick<MeasureJob, 'graph' | 'epsilon' | 'seed' | 'signal'>, set: ImageSet) {
  const oracle = await openOracle(graph, { workers: 1, device: 'cpu' });
  try {
    const made = [];
    for (const { image, indices } of imageBatches(set)) {
      const x = createBatch(image.data as Float32Array, image.shape.slice(1), indices);
      const labels = Int32Array.from(indices, (index) => set.labels![index]!);
      const outcomes = await pgd.run({ oracle, x, labels, options: { epsilon, steps: STEPS }, seed, ...(signal && { signal }) });
      const data = new Float32Array(image.data.length);
      outcomes.forEach(({ adversarial }, row) => data.set(adversarial, row * adversarial.length));
      made.push({ indices, image: { ...image, data } });
    }
    return made;
  } finally {
    await oracle.close();
  }
}

/** Images a second of the second session divided by those of the first, on one thread each, in turns. */
async function relativeSpeed([reference, variant]: readonly [Session, Session], image: TensorData): Promise<number> {
  const best = [Infinity, Infinity];
  for (let round = 0; round < ROUNDS; round++)
    for (const [i, session] of [reference, variant].entries()) {
      const start = performance.now();
      await session.run({ image }, ['logits']);
      best[i] = Math.min(best[i]!, performance.now() - start);
    }
  return best[0]! / best[1]!;
}
