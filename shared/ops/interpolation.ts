/** @file Resize along one axis as a matrix: which places of the input each place of the output reads, and with which weights (ONNX operator Resize). */

export interface Interpolation {
  readonly mode: 'nearest' | 'linear' | 'cubic';
  /** coordinate_transformation_mode */
  readonly coordinates: string;
  /** nearest_mode */
  readonly rounding: string;
  /** cubic_coeff_a */
  readonly cubic: number;
  /** exclude_outside: weights outside the input become 0 and the rest are scaled to sum to 1. */
  readonly excludeOutside: boolean;
  readonly antialias: boolean;
  /** For tf_crop_and_resize: which part of the axis is read, from 0 to 1. */
  readonly region?: readonly [number, number];
}

/** Row-major [outSize, inSize]. `scale` is that of the node, which need not be outSize / inSize exactly. */
export function interpolationMatrix(inSize: number, outSize: number, scale: number, how: Interpolation): Float64Array {
  const matrix = new Float64Array(outSize * inSize);
  for (let out = 0; out < outSize; out++) {
    const at = sourceCoordinate(out, inSize, outSize, scale, how);
    // There the extrapolation value stands, which does not depend on the input.
    if (how.coordinates === 'tf_crop_and_resize' && (at < 0 || at > inSize - 1)) continue;
    const taps = how.mode === 'nearest' ? [[nearestPlace(at, how.rounding), 1] as const] : kernelTaps(at, inSize, scale, how);
    for (const [place, weight] of taps) matrix[out * inSize + Math.min(Math.max(place, 0), inSize - 1)]! += weight;
  }
  return matrix;
}

function sourceCoordinate(out: number, inSize: number, outSize: number, scale: number, { coordinates, region }: Interpolation): number {
  switch (coordinates) {
    case 'half_pixel':
      return (out + 0.5) / scale - 0.5;
    case 'half_pixel_symmetric': {
      const adjustment = outSize / (scale * inSize);
      return (inSize / 2) * (1 - adjustment) + (out + 0.5) / scale - 0.5;
    }
    case 'pytorch_half_pixel':
      return outSize > 1 ? (out + 0.5) / scale - 0.5 : 0;
    case 'align_corners':
      return outSize === 1 ? 0 : (out * (inSize - 1)) / (outSize - 1);
    case 'asymmetric':
      return out / scale;
    case 'tf_crop_and_resize': {
      const [start, end] = region!;
      return outSize > 1 ? start * (inSize - 1) + (out * (end - start) * (inSize - 1)) / (outSize - 1) : 0.5 * (start + end) * (inSize - 1);
    }
    default:
      throw new Error(`coordinate_transformation_mode ${coordinates} is not supported`);
  }
}

function nearestPlace(at: number, rounding: string): number {
  switch (rounding) {
    case 'floor':
      return Math.floor(at);
    case 'ceil':
      return Math.ceil(at);
    case 'round_prefer_ceil':
      return Math.floor(at + 0.5);
    default:
      return Math.ceil(at - 0.5);
  }
}

/** Weights of the places around `at`; an antialiased kernel is widened by the factor of reduction, and always sums to 1. */
function kernelTaps(at: number, inSize: number, scale: number, how: Interpolation): (readonly [number, number])[] {
  const stretch = how.antialias && scale < 1 ? 1 / scale : 1;
  const kernel = how.mode === 'linear' ? (x: number): number => Math.max(0, 1 - Math.abs(x)) : (x: number): number => cubicWeight(Math.abs(x), how.cubic);
  const reach = (how.mode === 'linear' ? 1 : 2) * stretch;
  const taps: [number, number][] = [];
  for (let place = Math.ceil(at - reach); place <= Math.floor(at + reach); place++) {
    const outside = place < 0 || place >= inSize;
    if (outside && how.excludeOutside) continue;
    const weight = kernel((place - at) / stretch);
    if (weight !== 0) taps.push([place, weight]);
  }
  if (!how.excludeOutside && !how.antialias) return taps;
  const sum = taps.reduce((total, [, weight]) => total + weight, 0);
  return taps.map(([place, weight]) => [place, weight / sum]);
}

/** Keys' cubic convolution with parameter a. */
function cubicWeight(x: number, a: number): number {
  if (x < 1) return (a + 2) * x ** 3 - (a + 3) * x ** 2 + 1;
  return x < 2 ? a * x ** 3 - 5 * a * x ** 2 + 8 * a * x - 4 * a : 0;
}
