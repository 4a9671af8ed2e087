/** @file A classifier made of an encoder that tells how far an embedding moved, so that every attack works on embeddings. */
import type { GraphBuilder } from '../graph/builder.js';
import { copyInto } from '../graph/copy.js';
import type { Graph, Value } from '../graph/value.js';
import { newBuilder } from '../ops/index.js';

/** Lengths below this are taken as this, so that a zero vector gives no NaN. */
export const LEAST_LENGTH = 1e-12;

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

/** The embedding of an image that becomes the input `image` of the graph. */
export function embed(g: GraphBuilder, encoder: Graph): Value {
  const image = g.input('image', 'float32', encoder.inputs[0]!.type.shape);
  return copyInto(g, encoder, { inputs: { image } }).outputs['embedding']!;
}

function squared(g: GraphBuilder, vector: Value): Value {
  return g.sum(g.mul(vector, vector), [1], true);
}

/** Rows scaled to length 1. */
export function unit(g: GraphBuilder, vector: Value): Value {
  return g.div(vector, g.node('Max', [g.node('Sqrt', [squared(g, vector)]), g.scalar(LEAST_LENGTH)]));
}
