/** @file Classifiers made of an encoder and known embeddings: which of them is nearest, and how the nearest ones vote. */
import { embed, LEAST_LENGTH, unit } from '@robenc/shared/evaluation/displacement-graph.js';
import { copyInto } from '@robenc/shared/graph/copy.js';
import { floats, type Graph } from '@robenc/shared/graph/value.js';
import { newBuilder } from '@robenc/shared/ops/index.js';

const NEIGHBOUR_TEMPERATURE = 0.07;

/** Below every vote, so that a class without one has a finite logit. */
const NO_VOTE = 1e-20;

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
