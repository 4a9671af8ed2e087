/** @file Images to class scores: from the whole image, or from the mean of the embeddings of its crops. */
import { argmaxRow, softmaxRow } from '@robenc/shared/math/logits.js';
import type { PreparedImage } from '../images/recipe.js';
import { floatRows, stackImages, type Call } from './compute.js';
import { embedImages, meanEmbedding } from './embed.js';
import { graphOf, type ServedModel } from './model.js';

/** A class and how probable the model finds it (softmax of the logits). */
export interface Prediction {
  readonly index: number;
  readonly label: string;
  readonly probability: number;
}

/** Logits of each whole image. */
export async function classifyImages(model: ServedModel, images: readonly PreparedImage[], call: Call): Promise<Float32Array[]> {
  const { data, width } = await floatRows(call, graphOf(model, 'classifier'), { image: stackImages(model, images) }, 'logits');
  return split(data, width);
}

/** Logits of each image from its crops: encoder on every crop, mean per image, patch-aggregate head. */
export async function classifyCrops(model: ServedModel, images: readonly PreparedImage[], call: Call): Promise<Float32Array[]> {
  const head = graphOf(model, 'aggregateHead');
  const embeddings = await embedImages(model, images, call);
  let first = 0;
  const means = images.map(({ rows }) => meanEmbedding(embeddings.slice(first, (first += rows))));
  const size = means[0]!.length;
  const data = new Float32Array(means.length * size);
  means.forEach((mean, row) => data.set(mean, row * size));
  const answer = await floatRows(call, head, { embedding: { dtype: 'float32', shape: [means.length, size], data } }, 'logits');
  return split(answer.data, answer.width);
}

/** The `count` most probable classes, best first; the lower index first where two are equal. */
export function topPredictions(model: ServedModel, logits: Float32Array, count: number): Prediction[] {
  const probabilities = softmaxRow(logits, logits.length, 0);
  const order = [...logits.keys()].sort((a, b) => logits[b]! - logits[a]! || a - b);
  return order.slice(0, count).map((index) => ({ index, label: model.classes[index]!, probability: probabilities[index]! }));
}

/** The most probable class. */
export function prediction(model: ServedModel, logits: Float32Array): Prediction {
  const index = argmaxRow(logits, logits.length, 0);
  return { index, label: model.classes[index]!, probability: softmaxRow(logits, logits.length, 0)[index]! };
}

function split(data: Float32Array, width: number): Float32Array[] {
  return Array.from({ length: data.length / width }, (_, row) => data.subarray(row * width, (row + 1) * width));
}
