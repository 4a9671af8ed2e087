/** @file Encoders, without a classifier: whether a perturbation takes an embedding away from its own, or nearer to that of another image or class. */
import { displacementGraph, type Distance } from '@robenc/shared/evaluation/displacement-graph.js';
import { embedSet } from '@robenc/shared/evaluation/embed.js';
import { RobencError } from '@robenc/shared/errors.js';
import { imageId, pixelBatches } from '@robenc/shared/evaluation/pixels.js';
import type { Graph } from '@robenc/shared/graph/value.js';
import { wrapEncoder } from '@robenc/shared/evaluation/preprocessing.js';
import type { FeedPlan } from '../work/plan.js';
import { nearestGraph } from './embedding-graphs.js';
import type { AuditThreat, Setup, ThreatContext } from './threat.js';

/** Logits are cosines divided by this temperature (Wu et al., arXiv 1805.01978). */
const TEMPERATURE = 0.07;

export const embeddingDistance: AuditThreat = displacement(
  'embedding-distance',
  'l2',
  'encoder without labels; an image is broken when its embedding moves farther (Euclidean) than to the nearest embedding of another image of the data',
);

export const embeddingCosine: AuditThreat = displacement(
  'embedding-cosine',
  'cosine',
  'encoder without labels; an image is broken when its embedding turns farther (cosine) than to the nearest embedding of another image of the data',
);

export const retrieval: AuditThreat = {
  name: 'retrieval',
  text: 'encoder without labels; an image is broken when among the clean embeddings of the data another one than its own is the nearest (retrieval@1, cosine)',
  model: 'encoder',
  needsLabels: false,
  async build(context) {
    const { embeddings, graph, size, output } = await embedded(context);
    const count = embeddings.length / size;
    refuseFew(count);
    return setupOf(
      context,
      nearestGraph(graph, embeddings, count, 1 / TEMPERATURE),
      output,
      count,
      Int32Array.from({ length: count }, (_, i) => i),
    );
  },
};

export const prototypes: AuditThreat = {
  name: 'prototypes',
  text: 'encoder; an image is broken when the mean clean embedding of another class of the data is the nearest (cosine)',
  model: 'encoder',
  needsLabels: true,
  async build(context) {
    const { embeddings, graph, size, output } = await embedded(context);
    const { set } = context;
    const sums = new Float32Array(set.classes.length * size);
    set.labels!.forEach((label, i) => {
      let length = 0;
      for (let j = 0; j < size; j++) length += embeddings[i * size + j]! ** 2;
      for (let j = 0; j < size; j++) sums[label * size + j]! += embeddings[i * size + j]! / Math.max(Math.sqrt(length), 1e-12);
    });
    const setup = setupOf(context, nearestGraph(graph, sums, set.classes.length, 1 / TEMPERATURE), output, set.classes.length, set.labels!);
    return { ...setup, logitOf: set.classes.map((_, i) => i), classesNamed: true };
  },
};

function displacement(name: string, distance: Distance, text: string): AuditThreat {
  return {
    name,
    text,
    model: 'encoder',
    needsLabels: false,
    async build(context) {
      const { embeddings, graph, size, output } = await embedded(context);
      const count = embeddings.length / size;
      refuseFew(count);
      const scales = nearestDistances(embeddings, size, distance);
      const feeds: FeedPlan = { kind: 'chunk', shapes: { anchor: [size], scale: [1] } };
      const setup = setupOf(context, displacementGraph(graph, size, distance), output, 2, new Int32Array(count));
      return {
        ...setup,
        feeds,
        chunk(indices) {
          const anchor = new Float32Array(indices.length * size);
          indices.forEach((index, row) => anchor.set(embeddings.subarray(index * size, (index + 1) * size), row * size));
          return { ...setup.chunk(indices), feeds: { anchor, scale: Float32Array.from(indices, (index) => scales[index]!) } };
        },
      };
    },
  };
}

/** The clean embeddings of the data [count,size]. */
async function embedded({
  target,
  input,
  plan,
  set,
  output,
  workers,
  device,
  signal,
}: ThreatContext): Promise<{ embeddings: Float32Array; graph: Graph; size: number; output: string }> {
  const wrapped = wrapEncoder(target.graph, input, set, plan.preprocessing, output);
  const embeddings = await embedSet({ encoder: wrapped.graph, set, crops: null, workers, device, signal });
  return { embeddings, ...wrapped };
}

/** A classifier on embeddings, and the images of the data. */
export function setupOf({ set }: ThreatContext, classifier: Graph, output: string, classes: number, labels: Int32Array): Setup {
  const pixels = pixelBatches(set);
  return {
    classifier,
    classes,
    output,
    softmaxRemoved: false,
    feeds: { kind: 'none' },
    labels,
    idOf: (index) => imageId(set, index),
    chunk: (indices) => ({ x: pixels(indices), labels: Int32Array.from(indices, (index) => labels[index]!), feeds: {} }),
    logitOf: [],
    classesNamed: true,
  };
}

/** The distance of each embedding to the nearest other one; at least a tiny number, where two are the same. */
export function nearestDistances(embeddings: Float32Array, size: number, distance: Distance): Float32Array {
  const count = embeddings.length / size;
  const lengths = Float64Array.from({ length: count }, (_, i) =>
    Math.sqrt(embeddings.subarray(i * size, (i + 1) * size).reduce((sum, value) => sum + value * value, 0)),
  );
  const nearest = new Float32Array(count).fill(Infinity);
  for (let i = 0; i < count; i++)
    for (let k = i + 1; k < count; k++) {
      let product = 0;
      for (let j = 0; j < size; j++) product += embeddings[i * size + j]! * embeddings[k * size + j]!;
      const here = distance === 'l2' ? lengths[i]! ** 2 + lengths[k]! ** 2 - 2 * product : 1 - product / Math.max(lengths[i]! * lengths[k]!, 1e-12);
      for (const one of [i, k]) nearest[one] = Math.min(nearest[one]!, here);
    }
  return nearest.map((value) => Math.max(value, 1e-12));
}

function refuseFew(count: number): void {
  if (count < 2)
    throw new RobencError('usage', `This audit compares the embeddings of several images, and the data has ${count}. Give more with --data or --limit.`, {
      field: 'data',
    });
}
