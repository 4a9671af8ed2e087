/** @file How long runs took: means for forecasts, and the longest for telling a slow run from one that hangs. */

/** How much of the newest measurement goes into a running mean. */
const SMOOTHING = 0.2;

/** What a row of each graph takes, learnt from the batches that were run. */
export class RunTimes {
  readonly #byRunner = new Map<string, { rowMs: number; longest: number }>();
  #rowMs = 1;

  /** Mean time of a row, whatever the runner. */
  get rowMs(): number {
    return this.#rowMs;
  }

  add(runner: string, rows: number, ms: number): void {
    const perRow = ms / rows;
    this.#rowMs += SMOOTHING * (perRow - this.#rowMs);
    const known = this.#byRunner.get(runner);
    if (known === undefined) this.#byRunner.set(runner, { rowMs: perRow, longest: ms });
    else {
      known.rowMs += SMOOTHING * (perRow - known.rowMs);
      known.longest = Math.max(known.longest, ms);
    }
  }

  rowMsOf(runner: string): number {
    return this.#byRunner.get(runner)?.rowMs ?? this.#rowMs;
  }

  /** 0 for a runner that has not finished a run yet. */
  longest(runner: string): number {
    return this.#byRunner.get(runner)?.longest ?? 0;
  }

  /** Of runners that exist no more. */
  forget(runner: string): void {
    this.#byRunner.delete(runner);
  }
}
