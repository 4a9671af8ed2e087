/** @file Classifiers made of an encoder, so that every attack works on embeddings: by how far one moved, or by which known one is nearest. */
import type { GraphBuilder } from '@robenc/shared/graph/builder.js';
import { copyInto } from '@robenc/shared/graph/copy.js';
import { floats, type Graph, type Value } from '@robenc/shared/graph/value.js';
import { newBuilder } from '@robenc/shared/ops/index.js';

/** Lengths below this are taken as this, so that a zero vector gives no NaN. */
const LEAST_LENGTH = 1e-12;

const NEIGHBOUR_TEMPERATURE = 0.07;

/** Below every vote, so that a class without one has a finite logit. */
const NO_VOTE = 1e-20;

export type Distance = 'l2' | 'cosine';

/**
 * `image` and per image `anchor` [batch,size], the embedding of the clean image, and `scale` [batch,1] → `logits` [batch,2] = (0, distance / scale - 1):
 * class 0 as long as the embedding is nearer to its clean one than `scale`. The distance is the squared Euclidean one, or one minus the cosine.
 */
export function displacementGraph(encoder: Graph, size: number, distance: Distance): Graph {
  const g = newBuilder();
  const embedding = embed(g, encoder);
  const batch = embedding.type.shape[0]!;
  const anchor = g.input('anchor', 'float32', [batch, size]);
  const scale = g.input('scale', 'float32', [batch, 1]);
  const moved = distance === 'l2' ? squared(g, g.sub(embedding, anchor)) : g.sub(g.scalar(1), g.sum(g.mul(unit(g, embedding), unit(g, anchor)), [1], true));
  const ratio = g.sub(g.div(moved, scale), g.scalar(1));
  g.output('logits', g.node('Concat', [g.mul(ratio, g.scalar(0)), ratio], { axis: 1 }));
  return g.build('displacement');
}

/** `image` → `logits` [batch,rows]: `sharpness` times the cosine of the embedding with each of the known ones [rows,size]. */
export function nearestGraph(encoder: Graph, known: Float32Array, rows: number, sharpness: number): Graph {
  const g = newBuilder();
  const embedding = embed(g, encoder);
  const size = known.length / rows;
  const columns = new Float32Array(known.length);
  for (let row = 0; row < rows; row++) {
    let length = 0;
    for (let j = 0; j < size; j++) length += known[row * size + j]! ** 2;
    for (let j = 0; j < size; j++) columns[j * rows + row] = known[row * size + j]! / Math.max(Math.sqrt(length), LEAST_LENGTH);
  }
  const cosines = g.node('MatMul', [unit(g, embedding), g.constant(floats(columns, [size, rows]))]);
  g.output('logits', g.mul(cosines, g.scalar(sharpness)));
  return g.build('nearest');
}

/**
 * `image` → `logits` [batch,classes]: the logarithm of the votes of the k nearest known embeddings [rows,size], each weighted by exp((cosine - 1) / 0.07)
 * (Wu et al., arXiv 1805.01978, section 3.4), so that the largest logit is the class that wins the vote.
 */
export function neighboursGraph(encoder: Graph, known: Float32Array, labels: Int32Array, { classes, k }: { classes: number; k: number }): Graph {
  const rows = labels.length;
  const g = newBuilder();
  const near = nearestGraph(encoder, known, rows, 1);
  const image = g.input('image', 'float32', near.inputs[0]!.type.shape);
  const cosines = copyInto(g, near, { inputs: { image } }).outputs['logits']!;
  const [nearest, places] = g.nodeOutputs('TopK', [cosines, g.ints([Math.min(k, rows)])], { axis: 1 }, { outputs: 2 });
  const weights = g.node('Exp', [g.div(g.sub(nearest!, g.scalar(1)), g.scalar(NEIGHBOUR_TEMPERATURE))]);
  const members = new Float32Array(rows * classes);
  labels.forEach((label, row) => (members[row * classes + label] = 1));
  // [batch,k,classes]: which class each neighbour votes for.
  const votes = g.mul(g.node('Unsqueeze', [weights, g.ints([2])]), g.node('Gather', [g.constant(floats(members, [rows, classes])), places!], { axis: 0 }));
  g.output('logits', g.node('Log', [g.add(g.sum(votes, [1]), g.scalar(NO_VOTE))]));
  return g.build('neighbours');
}

function embed(g: GraphBuilder, encoder: Graph): Value {
  const image = g.input('image', 'float32', encoder.inputs[0]!.type.shape);
  return copyInto(g, encoder, { inputs: { image } }).outputs['embedding']!;
}

function squared(g: GraphBuilder, vector: Value): Value {
  return g.sum(g.mul(vector, vector), [1], true);
}

function unit(g: GraphBuilder, vector: Value): Value {
  return g.div(vector, g.node('Max', [g.node('Sqrt', [squared(g, vector)]), g.scalar(LEAST_LENGTH)]));
}
