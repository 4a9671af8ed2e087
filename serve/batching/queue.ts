/** @file A pure queue that turns jobs of many requests into batches: no timers, no promises, no threads. */

/** Work on some rows of one model input. Jobs of one key may travel in one batch; a job is never split. */
export interface Job {
  /** What must agree within a batch: model, graph and asked outputs. */
  readonly key: string;
  /** How many rows it adds to a batch, at least 1. */
  readonly rows: number;
}

/** Jobs by arrival. The key whose first job came first goes first; its batch then takes later jobs of the same key while they fit. */
export class BatchQueue<J extends Job> {
  readonly #byKey = new Map<string, Map<J, number>>();
  readonly #batchRows: number;
  #arrivals = 0;
  #rows = 0;

  /** `batchRows`: the most rows in a batch; a job with more than that travels alone. */
  constructor({ batchRows }: { batchRows: number }) {
    this.#batchRows = batchRows;
  }

  /** Rows that wait. */
  get rows(): number {
    return this.#rows;
  }

  add(job: J): void {
    let waiting = this.#byKey.get(job.key);
    if (waiting === undefined) this.#byKey.set(job.key, (waiting = new Map<J, number>()));
    waiting.set(job, this.#arrivals++);
    this.#rows += job.rows;
  }

  /** Drops a job that nobody waits for any more. False when it is not in the queue: already taken, or never added. */
  remove(job: J): boolean {
    const waiting = this.#byKey.get(job.key);
    if (waiting === undefined || !waiting.delete(job)) return false;
    if (waiting.size === 0) this.#byKey.delete(job.key);
    this.#rows -= job.rows;
    return true;
  }

  /** The next batch, in order of arrival; null when nothing waits. */
  take(): readonly J[] | null {
    const key = this.#oldestKey();
    if (key === null) return null;
    const batch: J[] = [];
    let rows = 0;
    for (const job of this.#byKey.get(key)!.keys()) {
      if (batch.length > 0 && rows + job.rows > this.#batchRows) break;
      batch.push(job);
      rows += job.rows;
    }
    for (const job of batch) this.remove(job);
    return batch;
  }

  #oldestKey(): string | null {
    let oldest: string | null = null;
    let arrival = Infinity;
    for (const [key, waiting] of this.#byKey) {
      const first = waiting.values().next().value!;
      if (first < arrival) [oldest, arrival] = [key, first];
    }
    return oldest;
  }
}
