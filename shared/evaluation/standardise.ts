/** @file Standardising features, and folding that into a linear head afterwards. */
import type { LinearHead } from './linear-head.js';

/** Per feature: what is subtracted, and what it is divided by. */
export interface Standardisation {
  readonly mean: Float64Array;
  readonly scale: Float64Array;
}

/**
 * Features that hardly vary are divided by this share of the typical deviation instead of their own: else a unit that fires for one image in a
 * thousand would get a huge weight, and an attack a lever.
 */
const FLOOR = 0.01;

/** Mean and deviation of each feature of `embeddings` [count, size]. */
export function measure(embeddings: Float32Array, size: number): Standardisation {
  const count = embeddings.length / size;
  const mean = new Float64Array(size);
  const variance = new Float64Array(size);
  for (let i = 0; i < count; i++) for (let j = 0; j < size; j++) mean[j]! += embeddings[i * size + j]! / count;
  for (let i = 0; i < count; i++) for (let j = 0; j < size; j++) variance[j]! += (embeddings[i * size + j]! - mean[j]!) ** 2 / count;
  const typical = Math.sqrt(variance.reduce((sum, value) => sum + value, 0) / size);
  return { mean, scale: variance.map((value) => Math.max(Math.sqrt(value), FLOOR * typical) || 1) };
}

/** (embeddings - mean) / scale. */
export function standardise(embeddings: Float32Array, { mean, scale }: Standardisation): Float32Array {
  const size = mean.length;
  const result = new Float32Array(embeddings.length);
  for (let start = 0; start < result.length; start += size) for (let j = 0; j < size; j++) result[start + j] = (embeddings[start + j]! - mean[j]!) / scale[j]!;
  return result;
}

/** The head on raw embeddings that equals `weights` [size, classes] and `bias` on standardised ones. */
export function fold(weights: Float64Array, bias: Float64Array, { mean, scale }: Standardisation): LinearHead {
  const size = mean.length;
  const classes = bias.length;
  const folded = weights.map((value, i) => value / scale[Math.floor(i / classes)]!);
  const shifted = bias.slice();
  folded.forEach((value, i) => (shifted[i % classes]! -= value * mean[Math.floor(i / classes)]!));
  return { size, classes, weights: Float32Array.from(folded), bias: Float32Array.from(shifted) };
}
