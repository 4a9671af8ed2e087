/** @file Crops in float form: cutting and resizing an axis is one matrix, so a crop is `Ay . image . Ax^T` on any device, with a gradient for free. */
import { RobencError } from '../errors.js';
import { axisFilter } from './filter.js';

/**
 * The matrix [outputSize, inputSize] that cuts `length` pixels from `start` out of an axis and resizes them to `outputSize` (bilinear, antialiased); rows sum to 1 and
 * have no negative entry. `flip` mirrors the output. Real weights and no rounding: differs from `resizeBox` by at most one level of 255 (see architecture, crops).
 * Throws `bad-input` when the piece does not lie inside of the axis.
 */
export function cropMatrix(inputSize: number, start: number, length: number, outputSize: number, flip = false): Float32Array {
  const whole = [inputSize, start, length, outputSize].every(Number.isInteger);
  if (!whole || start < 0 || length < 1 || outputSize < 1 || start + length > inputSize)
    throw new RobencError(
      'bad-input',
      `A piece of ${length} pixels from ${start}, to be resized to ${outputSize}, does not lie in an axis of ${inputSize} pixels.`,
    );
  const { taps, starts, counts, weights } = axisFilter(length, outputSize);
  const matrix = new Float32Array(outputSize * inputSize);
  for (let i = 0; i < outputSize; i++) {
    const row = (flip ? outputSize - 1 - i : i) * inputSize + start + starts[i]!;
    for (let k = 0; k < counts[i]!; k++) matrix[row + k] = weights[i * taps + k]!;
  }
  return matrix;
}
