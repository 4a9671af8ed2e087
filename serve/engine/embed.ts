/** @file Images to embeddings, and embeddings to what is asked of them. */
import type { PreparedImage } from '../images/recipe.js';
import { floatRows, stackImages, type Call } from './compute.js';
import { graphOf, type ServedModel } from './model.js';

/** One embedding per row of the images (so `crops` per image where crops were cut), in order. */
export async function embedImages(model: ServedModel, images: readonly PreparedImage[], call: Call): Promise<Float32Array[]> {
  const { data, width } = await floatRows(call, graphOf(model, 'encoder'), { image: stackImages(model, images) }, 'embedding');
  return Array.from({ length: data.length / width }, (_, row) => data.subarray(row * width, (row + 1) * width));
}

/** The mean of some embeddings, summed in float64. */
export function meanEmbedding(embeddings: readonly Float32Array[]): Float32Array {
  const sum = new Float64Array(embeddings[0]!.length);
  for (const embedding of embeddings) for (let i = 0; i < sum.length; i++) sum[i]! += embedding[i]!;
  return Float32Array.from(sum, (value) => value / embeddings.length);
}

/** The embedding with Euclidean length 1; one of zeros stays as it is. */
export function normalized(embedding: Float32Array): Float32Array {
  const length = Math.sqrt(embedding.reduce((sum, value) => sum + value * value, 0));
  return length === 0 ? embedding : embedding.map((value) => value / length);
}

/** Every platform that Node runs on with ONNX Runtime is little-endian, and so is this. */
export function toBase64(embedding: Float32Array): string {
  return Buffer.from(embedding.buffer, embedding.byteOffset, embedding.byteLength).toString('base64');
}

/** 1 - cos of the angle between two embeddings, in [0,2]; 1 when either is zero. */
export function cosineShift(a: Float32Array, b: Float32Array): number {
  return Math.max(0, 1 - cosine(a, b));
}

/** The cosine of the angle between two embeddings, in [-1,1]; 0 when either is zero. */
export function cosine(a: Float32Array, b: Float32Array): number {
  let product = 0;
  let squareA = 0;
  let squareB = 0;
  for (let i = 0; i < a.length; i++) {
    product += a[i]! * b[i]!;
    squareA += a[i]! * a[i]!;
    squareB += b[i]! * b[i]!;
  }
  // One root of the product, so that equal vectors give exactly 1.
  const lengths = Math.sqrt(squareA * squareB);
  return lengths === 0 ? 0 : product / lengths;
}
