/** @file Runs queued jobs in batches on a fixed number of slots, one per worker. A lone job starts at once: there is no delay timer. */
import { RobencError } from '@robenc/shared/errors.js';
import type { RunOptions as SessionRunOptions, Tensors } from '@robenc/shared/runtime/types.js';
import { MemoryPool } from './memory-pool.js';
import { Lanes } from './lanes.js';
import type { Lane, Piece } from './queue.js';
import { cancelled, Pending } from './pending.js';
import { joinRows, mapTensors, rowsOf, sliceRows } from './rows.js';
import type { StopSignal } from './stop.js';
import { RunTimes } from './run-times.js';

/** Something that computes on a batch: a graph of a model in its worker threads. */
export interface Runner {
  /** Runners with the same id are the same. */
  readonly id: string;
  /** All feeds and all answers have the batch as their first axis. */
  run(feeds: Tensors, options?: SessionRunOptions): Promise<Tensors>;
}

/** Where the time of a request went; added up over its runs. */
export interface RunReport {
  /** Milliseconds until the first row of a run was taken, and in batches. */
  queueMs: number;
  runMs: number;
  /** Of the last batch that it was in: its number, and how many rows it had. */
  batch: number;
  batchRows: number;
}

/** A batch that was computed, for metrics and traces. */
export interface BatchReport {
  readonly batch: number;
  readonly runner: Runner;
  readonly rows: number;
  readonly lane: Lane;
  /** Milliseconds that each piece had waited. */
  readonly waited: readonly number[];
  readonly runMs: number;
}

export interface RunOptions {
  /** Fires when nobody waits for the answer any more; what has not begun by then is never run. */
  readonly signal?: StopSignal;
  /** Default: interactive. */
  readonly lane?: Lane;
  readonly report?: RunReport;
}

export interface DispatcherOptions {
  /** Batches that may run at the same time: the number of workers. */
  readonly slots: number;
  /** The most rows in a batch. */
  readonly batchRows: number;
  /** Part of the time that background work gets while interactive work waits. Default: 0.2. */
  readonly backgroundShare?: number;
  /** A clock in milliseconds. */
  readonly now: () => number;
  /** Hears of every batch that was computed. */
  readonly onBatch?: (report: BatchReport) => void;
}

/** Joins rows of all requests into batches by model, and gives each free worker the batch whose turn it is. */
export class Dispatcher {
  readonly #lanes: Lanes<Pending>;
  readonly #options: DispatcherOptions;
  readonly #times = new RunTimes();
  readonly #memory = new MemoryPool(64 * 2 ** 20);
  readonly #running = new Map<number, { readonly runner: Runner; readonly since: number; readonly lane: Lane }>();
  #batches = 0;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#lanes = new Lanes({ batchRows: options.batchRows, slots: options.slots, backgroundShare: options.backgroundShare ?? 0.2 });
  }

  /** Rows that wait for a worker. */
  get waitingRows(): number {
    return this.#lanes.rows;
  }

  /** Batches that run now. */
  get runningBatches(): number {
    return this.#running.size;
  }

  /** When what waits now will have been done, by the time recent rows took; 50 ms to 30 s. */
  get retryAfterMs(): number {
    const ms = (this.#lanes.rows + this.#options.batchRows) * (this.#times.rowMs / this.#options.slots);
    return Math.round(Math.min(30_000, Math.max(50, ms)));
  }

  /** The run that has lasted longer than twice the longest that its runner ever took and one second, and longer than `atLeastMs`; null when all are well. */
  stuck(atLeastMs: number): { readonly runner: string; readonly ms: number } | null {
    const now = this.#options.now();
    for (const { runner, since } of this.#running.values()) {
      const ms = now - since;
      if (ms > Math.max(atLeastMs, 2 * this.#times.longest(runner.id) + 1_000)) return { runner: runner.id, ms };
    }
    return null;
  }

  /** Answers for any number of rows, cut into batches as needed. Rejects with the signal's reason (or `cancelled`) as soon as it fires; rows that wait then are never run. */
  run(runner: Runner, feeds: Tensors, options: RunOptions = {}): Promise<Tensors> {
    const rows = rowsOf(feeds, runner.id);
    return new Promise((resolve, reject) => {
      if (options.signal?.aborted) return reject(cancelled(options.signal));
      const job = new Pending({ runner, feeds, rows, since: this.#options.now() }, options, this.#lanes, { resolve, reject });
      this.#lanes.add(job.lane, job, job.since);
      this.#start();
    });
  }

  #start(): void {
    const { slots, now } = this.#options;
    while (this.#running.size < slots) {
      const background = [...this.#running.values()].filter(({ lane }) => lane === 'background').length;
      const next = this.#lanes.take(slots - this.#running.size, background, now(), (key) => this.#times.rowMsOf(key));
      if (next === null) return;
      const number = ++this.#batches;
      this.#running.set(number, { runner: next.batch[0]!.job.runner, since: now(), lane: next.lane });
      void this.#runBatch(number, next.lane, next.batch).finally(() => {
        this.#running.delete(number);
        this.#start();
      });
    }
  }

  /** Never rejects. When a batch of several jobs fails, each is tried alone, so that one bad job does not take the others down. */
  async #runBatch(batch: number, lane: Lane, pieces: readonly Piece<Pending>[]): Promise<void> {
    const started = this.#options.now();
    const { runner } = pieces[0]!.job;
    try {
      const rows = pieces.reduce((sum, { count }) => sum + count, 0);
      const feeds = mapTensors(pieces[0]!.job.feeds, (_, name) =>
        joinRows(
          pieces.map(({ job, start, count }) => part(job.feeds[name]!, start, count)),
          this.#memory,
        ),
      );
      const answers = await runner.run(feeds, { reclaim: (memory) => this.#memory.give(memory) });
      if (rowsOf(answers, runner.id) !== rows) throw new RobencError('mismatch', `${runner.id} answered ${rowsOf(answers, runner.id)} rows for ${rows}.`);
      const runMs = this.#options.now() - started;
      this.#times.add(runner.id, rows, runMs);
      this.#options.onBatch?.({ batch, runner, rows, lane, waited: pieces.map(({ job }) => started - job.since), runMs });
      let from = 0;
      for (const { job, start, count } of pieces) {
        const at = from;
        const { report } = job;
        if (report !== undefined) {
          if (start === 0) report.queueMs += started - job.since;
          report.runMs += runMs;
          report.batch = batch;
          report.batchRows = rows;
        }
        settle(job, start, count === rows ? answers : mapTensors(answers, (tensor) => sliceRows(tensor, at, count)), count);
        from += count;
      }
    } catch (error) {
      if (pieces.length > 1) for (const piece of pieces) await this.#runBatch(batch, lane, [piece]);
      else {
        const { job } = pieces[0]!;
        this.#lanes.remove(job.lane, job);
        job.reject(error);
      }
    }
  }
}

/** One piece of an answer is there; with the last one the job is done. */
function settle(job: Pending, start: number, answers: Tensors, count: number): void {
  job.parts.push({ start, answers });
  job.left -= count;
  if (job.left > 0) return;
  const parts = job.parts.sort((a, b) => a.start - b.start).map((one) => one.answers);
  job.resolve(parts.length === 1 ? parts[0]! : mapTensors(parts[0]!, (_, name) => joinRows(parts.map((one) => one[name]!))));
}

function part(tensor: Tensors[string], start: number, count: number): Tensors[string] {
  return start === 0 && tensor.shape[0] === count ? tensor : sliceRows(tensor, start, count);
}
