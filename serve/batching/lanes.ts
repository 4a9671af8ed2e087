/** @file Two queues, for people who wait and for long work in the background, and who goes next. */
import { BatchQueue, type Job, type Lane, type Piece } from './queue.js';

export interface LanesOptions {
  /** The most rows in a batch. */
  readonly batchRows: number;
  /** Batches that may run at the same time. */
  readonly slots: number;
  /** Part of the computing time that background work gets while interactive work waits, in (0,1). */
  readonly backgroundShare: number;
}

/** While somebody waits for answers, a batch in the background takes about this long, so that nobody waits for a long one to end. */
const BACKGROUND_BATCH_MS = 50;
/** While small jobs come, large ones get about this long of a batch, so that nobody waits for a batch full of somebody else's images. */
const LARGE_JOB_MS = 20;
/** Part of a batch that a small job fills at most. */
const SMALL = 1 / 8;
/** For so long after interactive work background work stays small and leaves one slot free. */
const INTERACTIVE_MS = 1_000;

/** Stride scheduling over the two lanes: each is charged for the time that its batches are expected to take, and the one that had less goes next. */
export class Lanes<J extends Job> {
  readonly #queues: Readonly<Record<Lane, BatchQueue<J>>> = { interactive: new BatchQueue<J>(), background: new BatchQueue<J>() };
  readonly #spent: Record<Lane, number> = { interactive: 0, background: 0 };
  readonly #options: LanesOptions;
  #lastInteractive = -Infinity;
  #lastSmall = -Infinity;

  constructor(options: LanesOptions) {
    this.#options = options;
  }

  get rows(): number {
    return this.#queues.interactive.rows + this.#queues.background.rows;
  }

  rowsOf(lane: Lane): number {
    return this.#queues[lane].rows;
  }

  add(lane: Lane, job: J, now: number): void {
    const other: Lane = lane === 'interactive' ? 'background' : 'interactive';
    // A lane that was idle has saved up no claims.
    if (this.#queues[lane].rows === 0) this.#spent[lane] = Math.max(this.#spent[lane], this.#queues[other].rows > 0 ? this.#spent[other] : 0);
    if (lane === 'interactive') this.#lastInteractive = now;
    if (lane === 'interactive' && job.rows <= SMALL * this.#options.batchRows) this.#lastSmall = now;
    this.#queues[lane].add(job);
  }

  remove(lane: Lane, job: J): boolean {
    return this.#queues[lane].remove(job);
  }

  /** Jobs of both lanes. */
  *jobs(): Iterable<J> {
    yield* this.#queues.interactive.jobs;
    yield* this.#queues.background.jobs;
  }

  /** The next batch, or null when nothing may start. `idle` slots share what waits; `rowMs` is what a row of a key is expected to take. */
  take(idle: number, backgroundRunning: number, now: number, rowMs: (key: string) => number): { lane: Lane; batch: readonly Piece<J>[] } | null {
    const { slots, batchRows, backgroundShare } = this.#options;
    const busy = now - this.#lastInteractive < INTERACTIVE_MS;
    const room = !busy || slots === 1 || backgroundRunning < slots - 1;
    const lane = this.#choose(room);
    if (lane === null) return null;
    const { key, rows } = this.#queues[lane].next()!;
    const shared = lane === 'interactive' && now - this.#lastSmall < INTERACTIVE_MS;
    const ofLarge = shared ? Math.max(1, Math.floor(LARGE_JOB_MS / rowMs(key))) : batchRows;
    const quick = lane === 'background' && busy ? Math.max(1, Math.floor(BACKGROUND_BATCH_MS / rowMs(key))) : batchRows;
    // What waits is spread over the idle slots: two half batches at once are done sooner than one after nothing.
    const batch = this.#queues[lane].take(Math.min(batchRows, quick, Math.ceil(rows / idle)), ofLarge)!;
    const taken = batch.reduce((sum, { count }) => sum + count, 0);
    this.#spent[lane] += (taken * rowMs(key)) / (lane === 'background' ? backgroundShare : 1 - backgroundShare);
    return { lane, batch };
  }

  #choose(backgroundMay: boolean): Lane | null {
    const { interactive, background } = this.#queues;
    const backgroundCan = backgroundMay && background.rows > 0;
    if (interactive.rows === 0) return backgroundCan ? 'background' : null;
    return backgroundCan && this.#spent.background < this.#spent.interactive ? 'background' : 'interactive';
  }
}
