/** @file How often engines ended of late, and how long to wait before the next: at once after one, longer and longer in a crash loop. */

const WINDOW_MS = 60_000;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 30_000;

/** How often engines died lately, and so how long to wait before the next is started. */
export class CrashRecord {
  #times: number[] = [];

  /** Ends within the last minute. */
  get recent(): number {
    return this.#times.length;
  }

  /** Milliseconds to wait before the next start. */
  add(now: number): number {
    this.#times = [...this.#times.filter((time) => now - time < WINDOW_MS), now];
    return this.recent === 1 ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (this.recent - 2));
  }
}
