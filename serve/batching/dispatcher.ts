/** @file Runs queued jobs in batches on a fixed number of slots, one per worker. A lone job starts at once: there is no delay timer. */
import { RobencError } from '@robenc/shared/errors.js';
import type { Tensors } from '@robenc/shared/runtime/types.js';
import { BatchQueue, type Job } from './queue.js';
import { joinRows, mapTensors, rowsOf, sliceRows } from './rows.js';

/** Something that computes on a batch: a graph of a model in its worker threads. */
export interface Runner {
  /** Runners with the same id are the same. */
  readonly id: string;
  /** All feeds and all answers have the batch as their first axis. */
  run(feeds: Tensors): Promise<Tensors>;
}

interface Pending extends Job {
  readonly runner: Runner;
  readonly feeds: Tensors;
  resolve(answers: Tensors): void;
  reject(error: unknown): void;
}

export interface DispatcherOptions {
  /** Batches that may run at the same time: the number of workers. */
  readonly slots: number;
  /** The most rows in a batch. */
  readonly batchRows: number;
  /** A clock in milliseconds. */
  readonly now: () => number;
}

/** How much of the newest measurement goes into the running mean of the time per row. */
const SMOOTHING = 0.2;

export class Dispatcher {
  readonly #queue: BatchQueue<Pending>;
  readonly #options: DispatcherOptions;
  #running = 0;
  #rowMs = 1;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#queue = new BatchQueue({ batchRows: options.batchRows });
  }

  /** Rows that wait for a worker. */
  get waitingRows(): number {
    return this.#queue.rows;
  }

  /** Batches that run now. */
  get runningBatches(): number {
    return this.#running;
  }

  /** When what waits now will have been done, by the time recent rows took; 50 ms to 30 s. */
  get retryAfterMs(): number {
    const ms = (this.#queue.rows + this.#options.batchRows) * (this.#rowMs / this.#options.slots);
    return Math.round(Math.min(30_000, Math.max(50, ms)));
  }

  /** Answers for any number of rows, cut into batches as needed. Rejects with `cancelled` when the signal fires while rows still wait. */
  async run(runner: Runner, feeds: Tensors, { signal }: { signal?: AbortSignal } = {}): Promise<Tensors> {
    const rows = rowsOf(feeds, runner.id);
    const parts: Promise<Tensors>[] = [];
    for (let start = 0; start < rows; start += this.#options.batchRows) {
      const count = Math.min(this.#options.batchRows, rows - start);
      const part = count === rows ? feeds : mapTensors(feeds, (tensor) => sliceRows(tensor, start, count));
      parts.push(this.#enqueue(runner, part, count, signal));
    }
    const answers = await Promise.all(parts);
    return mapTensors(answers[0]!, (_, name) => joinRows(answers.map((answer) => answer[name]!)));
  }

  #enqueue(runner: Runner, feeds: Tensors, rows: number, signal: AbortSignal | undefined): Promise<Tensors> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(cancelled());
      const drop = () => {
        if (this.#queue.remove(job)) reject(cancelled());
      };
      const finished = () => signal?.removeEventListener('abort', drop);
      const job: Pending = {
        key: runner.id,
        rows,
        runner,
        feeds,
        resolve: (answers) => {
          finished();
          resolve(answers);
        },
        reject: (error) => {
          finished();
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      };
      signal?.addEventListener('abort', drop, { once: true });
      this.#queue.add(job);
      this.#start();
    });
  }

  #start(): void {
    while (this.#running < this.#options.slots) {
      const batch = this.#queue.take();
      if (batch === null) return;
      this.#running += 1;
      void this.#runBatch(batch).finally(() => {
        this.#running -= 1;
        this.#start();
      });
    }
  }

  /** Never rejects. When a batch of several jobs fails, each is tried alone, so that one bad job does not take the others down. */
  async #runBatch(batch: readonly Pending[]): Promise<void> {
    const started = this.#options.now();
    try {
      const rows = batch.reduce((sum, job) => sum + job.rows, 0);
      const { runner } = batch[0]!;
      const feeds = mapTensors(batch[0]!.feeds, (_, name) => joinRows(batch.map((job) => job.feeds[name]!)));
      const answers = await runner.run(feeds);
      if (rowsOf(answers, runner.id) !== rows) throw new RobencError('mismatch', `${runner.id} answered ${rowsOf(answers, runner.id)} rows for ${rows}.`);
      this.#rowMs += SMOOTHING * ((this.#options.now() - started) / rows - this.#rowMs);
      let start = 0;
      for (const job of batch) {
        const from = start;
        job.resolve(mapTensors(answers, (tensor) => sliceRows(tensor, from, job.rows)));
        start += job.rows;
      }
    } catch (error) {
      if (batch.length === 1) batch[0]!.reject(error);
      else for (const job of batch) await this.#runBatch([job]);
    }
  }
}

function cancelled(): RobencError {
  return new RobencError('cancelled', 'The request was given up before its turn came.');
}
