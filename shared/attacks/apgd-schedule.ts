/** @file When APGD halves its step: the checkpoints and the two conditions (Croce and Hein, arXiv 2003.01690, section 3). */

/** Share of steps of a window that must raise the loss. */
const RISING = 0.75;

/** After how many iterations the progress is looked at: for 100, at 22, 41, 57, 70, 80, 87, 93 and 99. */
export function checkpoints(iterations: number): number[] {
  const shrink = Math.max(Math.floor(0.03 * iterations), 1);
  const least = Math.max(Math.floor(0.06 * iterations), 1);
  const result: number[] = [];
  let gap = Math.max(Math.floor(0.22 * iterations), 1);
  for (let at = gap; at <= iterations; at += gap) {
    result.push(at);
    gap = Math.max(gap - shrink, least);
  }
  return result;
}

/** The step size of one image. */
export class StepSize {
  readonly #checks: readonly number[];
  readonly #losses: Float64Array;
  #next = 0;
  #reduced = true;
  #bestAtCheck: number;
  #done = 0;

  constructor(
    public size: number,
    iterations: number,
    startLoss: number,
  ) {
    this.#checks = checkpoints(iterations);
    this.#losses = new Float64Array(iterations);
    this.#bestAtCheck = startLoss;
  }

  /** Enters the loss after one more iteration, and the best one so far. @returns whether the step was halved, so that the image goes back to its best point. */
  enter(loss: number, best: number): boolean {
    this.#losses[this.#done++] = loss;
    if (this.#done !== this.#checks[this.#next]) return false;
    const from = this.#next === 0 ? 0 : this.#checks[this.#next - 1]!;
    let rises = 0;
    // The first window compares its first loss with the last entry, which is still zero: so does the published code, whose verdicts are the yardstick.
    for (let i = from; i < this.#done; i++) if (this.#losses[i]! > this.#losses.at(i - 1)!) rises += 1;
    const halve = rises <= RISING * (this.#done - from) || (!this.#reduced && this.#bestAtCheck >= best);
    this.#reduced = halve;
    this.#bestAtCheck = best;
    this.#next += 1;
    if (halve) this.size /= 2;
    return halve;
  }
}
