/** @file A rule that moves a head's weights along the gradients of small batches. */

/** Moves `point` in place; made anew for each fit, for it may remember earlier gradients. */
export type Move = (point: Float64Array, gradient: Float64Array, learningRate: number) => void;

export interface Solver {
  readonly name: string;
  /** One sentence for help and documentation. */
  readonly summary: string;
  /** Its usual learning rate on standardised embeddings. */
  readonly learningRate: number;
  start(size: number): Move;
}
