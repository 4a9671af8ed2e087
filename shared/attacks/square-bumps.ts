/** @file The moves of Square in the L2 and L1 balls: bumps, whose budget moves from window to window (Andriushchenko et al., arXiv 1912.00049, algorithm 3). */
import type { Random } from '../math/random.js';
import { norms } from './norms.js';
import type { Shape, SquareMoves } from './square-moves.js';

/** Bumps per row and column of the first point. */
const GRID = 5;

/** `power` 2 counts the budget of a window as energy (L2), 1 as the sum of absolute changes (L1). */
function bumpMoves(name: 'l2' | 'l1', power: 1 | 2): SquareMoves {
  const norm = norms[name];
  const scaled = (change: Float32Array, clean: Float32Array, epsilon: number): Float32Array => {
    const length = Math.max(norm.distance(change, new Float32Array(change.length)), 1e-12);
    const point = clean.map((value, i) => value + (epsilon * change[i]!) / length);
    norm.project(point, clean, epsilon);
    return point;
  };
  const budget = (values: Iterable<number>) => {
    let sum = 0;
    for (const value of values) sum += Math.abs(value) ** power;
    return sum;
  };
  return {
    least: 3,
    start(clean, shape, epsilon, random) {
      const { channels, height, width } = shape;
      const change = new Float32Array(clean.length);
      const side = Math.max(1, Math.floor(Math.min(height, width) / GRID));
      const [rows, columns] = [Math.floor(height / side), Math.floor(width / side)];
      const [top, left] = [Math.floor((height - rows * side) / 2), Math.floor((width - columns * side) / 2)];
      for (let r = 0; r < rows; r++)
        for (let k = 0; k < columns; k++) {
          const bump = drawBump(side, random);
          for (let c = 0; c < channels; c++) {
            const sign = random.next() < 0.5 ? -1 : 1;
            eachPixel(shape, c, { top: top + r * side, left: left + k * side, side }, (at, i) => (change[at]! += sign * bump[i]!));
          }
        }
      return scaled(change, clean, epsilon);
    },
    propose(point, clean, shape, side, epsilon, random) {
      const { channels, height, width } = shape;
      const odd = Math.min(side + 1 - (side % 2), oddAtMost(Math.min(height, width)));
      const place = () => ({ top: random.integer(height - odd + 1), left: random.integer(width - odd + 1), side: odd });
      const [into, from] = [place(), place()];
      const change = point.map((value, i) => value - clean[i]!);
      const spare = Math.max(epsilon ** power - budget(change), 0) / channels;
      const bump = drawBump(odd, random);
      for (let c = 0; c < channels; c++) {
        const old = new Float64Array(odd * odd);
        let both = 0;
        eachPixel(shape, c, into, (at, i) => {
          old[i] = change[at]!;
          both += Math.abs(change[at]!) ** power;
        });
        const length = Math.max(budget(old) ** (1 / power), 1e-12);
        const sign = random.next() < 0.5 ? -1 : 1;
        const fresh = old.map((value, i) => value / length + sign * bump[i]!);
        // What lies in both windows is counted once.
        eachPixel(shape, c, into, (at) => (change[at] = 0));
        eachPixel(shape, c, from, (at) => {
          both += Math.abs(change[at]!) ** power;
          change[at] = 0;
        });
        const scale = (spare + both) ** (1 / power) / Math.max(budget(fresh) ** (1 / power), 1e-12);
        eachPixel(shape, c, into, (at, i) => (change[at] = scale * fresh[i]!));
      }
      return scaled(change, clean, epsilon);
    },
  };
}

export const l2Moves = bumpMoves('l2', 2);
export const l1Moves = bumpMoves('l1', 1);

interface Window {
  readonly top: number;
  readonly left: number;
  readonly side: number;
}

/** Visits the pixels of a window in one channel: index into the image, and index into the window. */
function eachPixel({ height, width }: Shape, channel: number, { top, left, side }: Window, visit: (at: number, inWindow: number) => void): void {
  for (let row = 0; row < side; row++) for (let k = 0; k < side; k++) visit((channel * height + top + row) * width + left + k, row * side + k);
}

function oddAtMost(size: number): number {
  return size % 2 === 0 ? Math.max(1, size - 1) : size;
}

/** Two halves of opposite sign that rise towards their middles, of unit length, lying or standing (ibid., section 3.4). */
function drawBump(side: number, random: Random): Float64Array {
  const upright = random.next() < 0.5;
  const bump = new Float64Array(side * side);
  const half = Math.floor(side / 2);
  for (const [start, rows, sign] of [
    [0, half, 1],
    [half, side - half, -1],
  ] as const) {
    const [middleRow, middleColumn] = [Math.floor(rows / 2), Math.floor(side / 2)];
    const part = new Float64Array(rows * side);
    for (let ring = 0; ring <= Math.max(middleRow, middleColumn); ring++)
      for (let row = Math.max(middleRow - ring, 0); row <= Math.min(middleRow + ring, rows - 1); row++)
        for (let k = Math.max(middleColumn - ring, 0); k <= Math.min(middleColumn + ring, side - 1); k++) part[row * side + k]! += 1 / (ring + 1) ** 2;
    const length = Math.sqrt(part.reduce((sum, value) => sum + value * value, 0)) || 1;
    for (let row = 0; row < rows; row++)
      for (let k = 0; k < side; k++) {
        const at = upright ? (start + row) * side + k : k * side + start + row;
        bump[at] = (sign * part[row * side + k]!) / (length * Math.SQRT2);
      }
  }
  return bump;
}
