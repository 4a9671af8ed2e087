/** @file The antialiased bilinear resampling filter as Pillow computes it: which input pixels make an output pixel, and with what weights. */

/** Weights of one axis: output pixel i is the sum over k < counts[i] of weights[i*taps + k] times input pixel starts[i] + k. */
export interface AxisFilter {
  readonly taps: number;
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  /** Real weights; each pixel's sum to 1. */
  readonly weights: Float64Array;
  /** The weights in units of 2^-22, rounded. 255 times their sum stays below 2^31, so int32 sums are safe. */
  readonly fixed: Int32Array;
}

/** Bits behind the point of the fixed weights: 32 less 8 for the pixel and 2 spare (Pillow `Resample.c`, PRECISION_BITS). */
export const FRACTION_BITS = 22;

const cache = new Map<number, AxisFilter>();
const CACHED_SIZE = 8192;
const CACHE_LIMIT = 4096;

/**
 * The filter from `inputSize` pixels to `outputSize`: a triangle as wide as the larger of the two pixel grids (so shrinking averages and enlarging interpolates),
 * cut at the borders and normalised. Kept for sizes seen before, since augmentation asks for the same few thousand again and again.
 */
export function axisFilter(inputSize: number, outputSize: number): AxisFilter {
  if (inputSize >= CACHED_SIZE || outputSize >= CACHED_SIZE) return makeFilter(inputSize, outputSize);
  const key = inputSize * CACHED_SIZE + outputSize;
  let filter = cache.get(key);
  if (filter === undefined) {
    if (cache.size >= CACHE_LIMIT) cache.clear();
    filter = makeFilter(inputSize, outputSize);
    cache.set(key, filter);
  }
  return filter;
}

function makeFilter(inputSize: number, outputSize: number): AxisFilter {
  const scale = inputSize / outputSize;
  const support = Math.max(scale, 1);
  const taps = Math.ceil(support) * 2 + 1;
  const starts = new Int32Array(outputSize);
  const counts = new Int32Array(outputSize);
  const weights = new Float64Array(outputSize * taps);
  for (let i = 0; i < outputSize; i++) {
    const center = (i + 0.5) * scale;
    const start = Math.max(Math.trunc(center - support + 0.5), 0);
    const end = Math.min(Math.trunc(center + support + 0.5), inputSize);
    let sum = 0;
    for (let x = start; x < end; x++) {
      const weight = Math.max(0, 1 - Math.abs((x - center + 0.5) * (1 / support)));
      weights[i * taps + x - start] = weight;
      sum += weight;
    }
    for (let k = 0; k < end - start; k++) weights[i * taps + k]! /= sum;
    starts[i] = start;
    counts[i] = end - start;
  }
  return { taps, starts, counts, weights, fixed: Int32Array.from(weights, (weight) => Math.trunc(0.5 + weight * 2 ** FRACTION_BITS)) };
}
