/** @file Fits linear heads on an encoder: on embeddings of whole images, and on means over crops. */
import type { PgdOptions } from '../attacks/pgd.js';
import type { HeadFile, HeadKind, HeadProtocol } from '../config/head.js';
import type { ImageSet } from '../data/image-set.js';
import { RobencError } from '../errors.js';
import type { Graph } from '../graph/value.js';
import type { DeviceRequest } from '../runtime/types.js';
import { accuracy } from './accuracy.js';
import type { CropPlan } from './crops.js';
import { embedSet } from './embed.js';
import { attackedEmbeddings } from './heads/attacked.js';
import { fitMinibatchHead, type Phase } from './heads/minibatch.js';
import type { Solver } from './heads/solver.js';
import type { LinearHead } from './linear-head.js';
import { fitLinearHead, heldOutRows, type ProbeJob, type ProbeResult } from './linear-probe.js';
import { knnPredictions } from './knn.js';

export interface FitHeadJob {
  readonly encoder: Graph;
  readonly encoderDigest: string;
  /** Labelled, in the encoder's input size. */
  readonly set: ImageSet;
  /** For reports: data set and split. */
  readonly data: string;
  /** null: the whole-image head; else the aggregate head over such crops. */
  readonly crops: CropPlan | null;
  readonly weightDecay?: number | readonly number[] | undefined;
  /** null: L-BFGS to the optimum; else in epochs of small batches. */
  readonly minibatch?: MinibatchFit | null;
  readonly seed: number;
  readonly workers: number;
  readonly device?: DeviceRequest;
  readonly signal?: AbortSignal;
  readonly progress?: (progress: { label: string; done: number; total: number }) => void;
}

/** How a head is fitted in epochs. */
export interface MinibatchFit {
  readonly solver: Solver;
  readonly phases: readonly Phase[];
  readonly batchSize: number;
  readonly learningRate?: number | undefined;
  /** What attacks the images of robust epochs, every constant filled in. */
  readonly attack: PgdOptions;
}

/** A fitted head, and its file without the weights. */
export interface FittedHead {
  readonly head: LinearHead;
  readonly file: Omit<HeadFile, 'weights' | 'bias' | 'size'>;
}

/** Throws `usage` naming --data for images without labels or of one class only. */
export async function fitHead(job: FitHeadJob): Promise<FittedHead> {
  const { set, crops, seed, signal } = job;
  const { labels, classes } = set;
  if (labels === null || classes.length < 2)
    throw new RobencError(
      'usage',
      `A head needs labelled images of two classes or more; ${set.name} has ${labels === null ? 'no labels' : `${classes.length}`}. Give a folder with one folder per class with --data.`,
      { field: 'data' },
    );
  const kind: HeadKind = crops === null ? 'image' : 'aggregate';
  const report = (label: string) => (progress: { done: number; total: number }) => job.progress?.({ label, ...progress });
  const common = { ...(signal && { signal }) };
  const embeddings = await embedSet({ ...job, progress: report(`embed for the ${kind} head`) });
  const about = { embeddings, labels, classes: classes.length, seed, progress: report(`fit the ${kind} head`), ...common };
  const fitted = job.minibatch
    ? await fitInEpochs(job, job.minibatch, about, report(`attack the images for the ${kind} head`))
    : await fitLinearHead({ ...about, ...(job.weightDecay === undefined ? {} : { weightDecay: job.weightDecay }) });
  return {
    head: fitted.head,
    file: {
      schema: 'robenc/head',
      schemaVersion: 1,
      kind,
      crops: crops === null ? null : { count: crops.count, scheme: crops.scheme },
      encoderDigest: job.encoderDigest,
      classes: [...classes],
      fit: {
        data: job.data,
        images: set.count,
        seed,
        weightDecay: fitted.weightDecay,
        trainAccuracy: fitted.trainAccuracy,
        heldOut: [...fitted.heldOut],
        ...(job.minibatch ? { protocol: protocolOf(job.minibatch) } : {}),
        neighbourAccuracy: neighbourAccuracy(embeddings, labels, classes.length, seed),
      },
    },
  };
}

type About = Pick<ProbeJob, 'embeddings' | 'labels' | 'classes' | 'seed' | 'signal' | 'progress'>;
type Report = (progress: { done: number; total: number }) => void;

/** With the one weight decay that is given, or none: an epoch-wise protocol says how long it fits, not what is best. */
async function fitInEpochs(job: FitHeadJob, fit: MinibatchFit, about: About, progress: Report): Promise<Omit<ProbeResult, 'iterations' | 'loss'>> {
  const weightDecay = (typeof job.weightDecay === 'object' ? job.weightDecay[0] : job.weightDecay) ?? 0;
  const attacked = (head: LinearHead) => attackedEmbeddings({ ...job, options: fit.attack, progress }, head);
  return { ...(await fitMinibatchHead({ ...about, ...fit, weightDecay, attacked })), weightDecay, heldOut: [] };
}

/** What the file says of how it was fitted. */
function protocolOf({ solver, phases, batchSize, learningRate, attack: { epsilon, steps, stepSize, randomStart } }: MinibatchFit): HeadProtocol {
  return {
    solver: solver.name,
    learningRate: learningRate ?? solver.learningRate,
    batchSize,
    phases: phases.map((phase) => ({ ...phase })),
    adversary: phases.some(({ kind }) => kind === 'robust') ? { epsilon, steps: steps!, stepSize: stepSize!, randomStart: randomStart! } : null,
  };
}

/** Accuracy of nearest neighbours among four fifths on the other fifth; null when there is no such fifth. */
function neighbourAccuracy(embeddings: Float32Array, labels: Int32Array, classes: number, seed: number): number | null {
  const size = embeddings.length / labels.length;
  const { held, rest } = heldOutRows(labels.length, seed);
  if (rest.length === 0) return null;
  const rows = (indices: readonly number[]) => {
    const result = new Float32Array(indices.length * size);
    indices.forEach((index, i) => result.set(embeddings.subarray(index * size, (index + 1) * size), i * size));
    return result;
  };
  const pick = (indices: readonly number[]) => Int32Array.from(indices, (index) => labels[index]!);
  const predictions = knnPredictions({ train: rows(rest), trainLabels: pick(rest), queries: rows(held), size, classes });
  return accuracy(predictions, pick(held)).value;
}
