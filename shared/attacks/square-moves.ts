/** @file What Square does in one kind of ball: where it starts and what it tries next. */
import type { Random } from '../math/random.js';

export interface Shape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

export interface SquareMoves {
  /** The least side of a window. */
  readonly least: number;
  /** The first point. */
  start(clean: Float32Array, shape: Shape, epsilon: number, random: Random): Float32Array;
  /** A new point to try: `point` changed on a window of `side`. */
  propose(point: Float32Array, clean: Float32Array, shape: Shape, side: number, epsilon: number, random: Random): Float32Array;
}
