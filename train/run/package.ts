/** @file From a finished run to a model package: graphs, their parity with the eager function, and the manifest. */
import * as tf from '@tensorflow/tfjs';
import { eagerGradient } from '@robenc/export/eager-gradient.js';
import { compareOutputs, refuseMismatch, type ParityRecord } from '@robenc/export/verify.js';
import { differentiate } from '@robenc/shared/autodiff/differentiate.js';
import { EvaluationReport } from '@robenc/shared/config/evaluation.js';
import { check } from '@robenc/shared/config/check.js';
import type { Manifest } from '@robenc/shared/config/manifest.js';
import { readJson } from '@robenc/shared/config/run.js';
import { RobencError } from '@robenc/shared/errors.js';
import { classifierGraph, headGraph } from '@robenc/shared/evaluation/classifier-graph.js';
import { readHead, type StoredHead } from '@robenc/shared/evaluation/head-file.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import type { Graph, TensorData } from '@robenc/shared/graph/value.js';
import { Random } from '@robenc/shared/math/random.js';
import type { PackageDescription, WrittenPackage } from '@robenc/shared/package/stage.js';
import { writePackage } from '@robenc/shared/package/write.js';
import { openSession } from '@robenc/shared/runtime/session.js';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { stateDigest } from './checkpoint.js';
import { embedEagerly, openEncoder, type TrainedEncoder } from './encoder.js';

export interface ExportJob {
  readonly run: string;
  readonly models: string;
  readonly name?: string | undefined;
  readonly version: string;
  /** UTC, for the manifest. */
  readonly createdAt: string;
  readonly producerVersion: string;
  /** Images in each parity check. */
  readonly images: number;
  readonly note: (line: string) => void;
}

export type Exported = WrittenPackage & { readonly parity: readonly ParityRecord[] };

/** Relative error that stops an export: single precision over a deep network and its backward pass. */
const TOLERANCE = 1e-4;

/** Writes the package of a run. Throws `not-found` without a fitted head, `mismatch` when a graph does not compute what the encoder computes; nothing is written then. */
export async function exportRun(job: ExportJob): Promise<Exported> {
  const encoder = await openEncoder(job.run);
  const head = readHead(join(job.run, 'heads'), 'image');
  if (!head)
    throw new RobencError('not-found', `The run in ${job.run} has no linear head yet. Fit one first: robenc fit-head ${job.run} --data DIR.`, { field: 'run' });
  const aggregate = readHead(join(job.run, 'heads'), 'aggregate');
  const digest = stateDigest(encoder.state);
  for (const { file } of aggregate ? [head, aggregate] : [head])
    if (file.encoderDigest !== digest)
      throw new RobencError(
        'mismatch',
        `The ${file.kind} head in ${job.run} was fitted on another state of the encoder. Fit it again: robenc fit-head ${job.run} --data DIR.`,
      );
  const classifier = classifierGraph(encoder.graph, headGraph(head.head));
  const graphs = {
    encoder: encoder.graph,
    classifier,
    gradient: differentiate(classifier, { wrt: 'image', loss: 'cross-entropy' }).graph,
    embeddingGradient: differentiate(encoder.graph, { wrt: 'image', loss: 'cosine-to-target' }).graph,
  };
  job.note('Comparing each graph with tfjs on the same images');
  const parity = await measureParity(encoder, head, graphs, job.images);
  refuseMismatch(parity);
  const metadata = { producer: 'robenc', stateDigest: digest };
  const bytes = (graph: Graph): Uint8Array => toOnnx(graph, { metadata, producerVersion: job.producerVersion });
  const written = writePackage(job.models, {
    name: job.name ?? encoder.plan.run.name,
    version: job.version,
    files: {
      encoder: bytes(graphs.encoder),
      classifier: bytes(graphs.classifier),
      gradient: bytes(graphs.gradient),
      embeddingGradient: bytes(graphs.embeddingGradient),
      ...(aggregate ? { aggregateHead: bytes(headGraph(aggregate.head)) } : {}),
    },
    manifest: describe(job, encoder, head, aggregate, parity, digest),
  });
  return { ...written, parity };
}

/** Each graph against the eager function on random pixels, which differ from images but reach all of a network. */
async function measureParity(encoder: TrainedEncoder, { head }: StoredHead, graphs: Readonly<Record<string, Graph>>, count: number): Promise<ParityRecord[]> {
  const { spec, run } = encoder.plan;
  const size = run.data.size;
  const random = new Random(run.seed, 'parity');
  const image: TensorData = {
    dtype: 'float32',
    shape: [count, 3, size, size],
    data: Float32Array.from({ length: count * 3 * size * size }, () => random.next()),
  };
  const dim = spec.encoder.use.dimensions(spec.encoder.config).embedding;
  const label: TensorData = { dtype: 'int64', shape: [count], data: BigInt64Array.from({ length: count }, () => BigInt(random.integer(head.classes))) };
  const target: TensorData = { dtype: 'float32', shape: [count, dim], data: Float32Array.from({ length: count * dim }, () => random.normal()) };
  const embed = ({ image: x }: Record<string, tf.Tensor>) => ({
    embedding: embedEagerly(spec.encoder, encoder.state, tf.transpose(x as tf.Tensor4D, [0, 2, 3, 1])),
  });
  const classify = (inputs: Record<string, tf.Tensor>) => ({
    logits: tf.add(tf.matMul(embed(inputs).embedding, tf.tensor2d(head.weights, [head.size, head.classes])), tf.tensor1d(head.bias)),
  });
  const cases: { graph: string; fn: (inputs: Record<string, tf.Tensor>) => Record<string, tf.Tensor>; feeds: Record<string, TensorData> }[] = [
    { graph: 'encoder', fn: embed, feeds: { image } },
    { graph: 'classifier', fn: classify, feeds: { image } },
    { graph: 'gradient', fn: eagerGradient(classify, { wrt: 'image', output: 'logits', loss: 'cross-entropy' }), feeds: { image, label } },
    { graph: 'embeddingGradient', fn: eagerGradient(embed, { wrt: 'image', output: 'embedding', loss: 'cosine-to-target' }), feeds: { image, target } },
  ];
  const records: ParityRecord[] = [];
  for (const { graph, fn, feeds } of cases) {
    const session = await openSession(toOnnx(graphs[graph]!), { device: 'cpu' });
    try {
      records.push(await compareOutputs({ graph, session, fn, feeds: [feeds], tolerance: TOLERANCE }));
    } finally {
      await session.close();
    }
  }
  return records;
}

function describe(job: ExportJob, encoder: TrainedEncoder, head: StoredHead, aggregate: StoredHead | null, parity: readonly ParityRecord[], digest: string) {
  const { run, spec } = encoder.plan;
  const fittedOn = ({ file }: StoredHead): string => `${file.fit.data}, ${file.fit.images} images`;
  const summary = encoder.summary as { data?: { name: string; images: number }; epochs?: number; imagesSeen?: number; runDigest?: string } | null;
  return {
    createdAt: job.createdAt,
    producer: { name: 'robenc', version: job.producerVersion },
    input: { name: 'image', layout: 'NCHW', channels: 'RGB', range: [0, 1], height: run.data.size, width: run.data.size, fit: 'cover' },
    classes: [...head.file.classes],
    embeddingSize: head.head.size,
    training: {
      method: methodName(encoder),
      ...(summary?.runDigest === undefined ? {} : { configDigest: summary.runDigest }),
      seed: run.seed,
      data: summary?.data ? `${summary.data.name}, ${summary.data.images} images` : (run.data.name ?? run.data.path ?? 'unknown'),
      epochs: summary?.epochs ?? 0,
      imagesSeen: summary?.imagesSeen ?? encoder.step * run.batchSize * spec.adversary.replays,
      minutes: encoder.seconds / 60,
    },
    heads: {
      image: { fittedOn: fittedOn(head) },
      ...(aggregate?.file.crops
        ? { aggregate: { crops: aggregate.file.crops.count, scheme: aggregate.file.crops.scheme, fittedOn: fittedOn(aggregate) } }
        : {}),
    },
    scores: scoresOf(job.run, digest),
    parity: [...parity],
  } satisfies PackageDescription;
}

/** `cf-amc-ssl` for the method of that name, else loss, views and adversary. */
function methodName({ plan: { run, spec } }: TrainedEncoder): string {
  const [loss, adversary] = [spec.loss.use.name, run.adversary.name];
  if (loss === 'emp-ssl' && adversary === 'free' && run.views.scheme === 'crops') return 'cf-amc-ssl';
  return [loss, run.views.scheme, ...(adversary === 'none' ? [] : [adversary])].join(' + ');
}

/** What `robenc evaluate` found for this very state of the encoder, if it was run. */
function scoresOf(folder: string, digest: string): Manifest['scores'] {
  const path = join(folder, 'evaluation', 'evaluation.json');
  if (!existsSync(path)) return [];
  const report = check(EvaluationReport, readJson(path), path, { code: 'bad-file' });
  if (report.encoderDigest !== digest) return [];
  const data = `${report.data.name}, ${report.data.split}`;
  const clean = new Map<string, Manifest['scores'][number]>();
  const robust = report.results.map((result): Manifest['scores'][number] => {
    const common = { metric: 'accuracy', head: result.head, images: result.images, data };
    clean.set(result.head, { ...common, threat: 'none', epsilon: 0, value: result.cleanAccuracy, interval: result.cleanInterval });
    return {
      ...common,
      threat: result.threat,
      attack: `${result.attack} ${JSON.stringify(result.options)}`,
      epsilon: result.epsilon,
      value: result.robustAccuracy,
      interval: result.interval,
    };
  });
  return [...clean.values(), ...robust];
}
