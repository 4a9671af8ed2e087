/** @file The moves of Square in the Linf ball: stripes first, then windows of one colour (Andriushchenko et al., arXiv 1912.00049, algorithm 2). */
import type { Random } from '../math/random.js';
import type { Shape, SquareMoves } from './square-moves.js';

export const linfMoves: SquareMoves = { least: 1, start: stripes, propose: recolour };

/** One sign per channel and column. */
function stripes(clean: Float32Array, { channels, height, width }: Shape, epsilon: number, random: Random): Float32Array {
  const signs = Float32Array.from({ length: channels * width }, () => (random.next() < 0.5 ? -epsilon : epsilon));
  return clean.map((value, i) => inBox(value + signs[Math.floor(i / (height * width)) * width + (i % width)]!));
}

/** The point with ±2 epsilon added on a window, one sign per channel, brought back into the ball and [0,1]. */
function recolour(point: Float32Array, clean: Float32Array, { channels, height, width }: Shape, side: number, epsilon: number, random: Random): Float32Array {
  const result = point.slice();
  // Every place is drawn, the last one included, which the published code leaves out.
  const [top, left] = [random.integer(height - side + 1), random.integer(width - side + 1)];
  for (let c = 0; c < channels; c++) {
    const change = random.next() < 0.5 ? -2 * epsilon : 2 * epsilon;
    for (let row = top; row < top + side; row++)
      for (let at = (c * height + row) * width + left, end = at + side; at < end; at++)
        result[at] = inBox(Math.min(Math.max(result[at]! + change, clean[at]! - epsilon), clean[at]! + epsilon));
  }
  return result;
}

function inBox(value: number): number {
  return Math.min(Math.max(value, 0), 1);
}
