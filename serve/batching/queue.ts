/** @file A pure queue that turns jobs of many requests into batches: no timers, no promises, no threads. */

/** `interactive`: somebody waits for one answer. `background`: long work of many runs (robustness checks), which takes what is left, and a share at least. */
export type Lane = 'interactive' | 'background';

/** Work on some rows of one model input. Rows of jobs with one key may travel in one batch; a large job goes in pieces. */
export interface Job {
  /** What must agree within a batch: model, graph and asked outputs. */
  readonly key: string;
  /** How many rows it asks for, at least 1. */
  readonly rows: number;
}

/** Some rows of a job that go into a batch: [start, start + count). */
export interface Piece<J extends Job> {
  readonly job: J;
  readonly start: number;
  readonly count: number;
}

interface Entry<J extends Job> {
  readonly job: J;
  taken: number;
  /** Virtual time at which its next row is due. */
  due: number;
  readonly arrival: number;
}

/**
 * Fair by rows: every job gets an equal part of the rows that are served while it waits (weighted fair queueing with one flow for each job), so that a job of one
 * row does not wait for all rows of a large one that came before. Jobs of equal size go in order of arrival.
 */
export class BatchQueue<J extends Job> {
  readonly #byKey = new Map<string, Entry<J>[]>();
  readonly #entries = new Map<J, Entry<J>>();
  #virtual = 0;
  #arrivals = 0;
  #rows = 0;

  /** Rows that wait. */
  get rows(): number {
    return this.#rows;
  }

  /** Jobs that wait, in part or whole. */
  get jobs(): Iterable<J> {
    return this.#entries.keys();
  }

  add(job: J): void {
    const entry: Entry<J> = { job, taken: 0, due: this.#virtual, arrival: this.#arrivals++ };
    this.#entries.set(job, entry);
    this.#insert(entry);
    this.#rows += job.rows;
  }

  /** Drops what still waits of a job. False when nothing of it waits. */
  remove(job: J): boolean {
    const entry = this.#entries.get(job);
    if (entry === undefined) return false;
    this.#entries.delete(job);
    this.#rows -= job.rows - entry.taken;
    const waiting = this.#byKey.get(job.key)!;
    waiting.splice(waiting.indexOf(entry), 1);
    if (waiting.length === 0) this.#byKey.delete(job.key);
    return true;
  }

  /** The key that is served next, and how many rows wait for it; null when nothing waits. */
  next(): { readonly key: string; readonly rows: number } | null {
    let first: Entry<J> | null = null;
    for (const [entry] of this.#byKey.values()) if (first === null || before(entry!, first)) first = entry!;
    if (first === null) return null;
    const { key } = first.job;
    return { key, rows: this.#byKey.get(key)!.reduce((sum, { job, taken }) => sum + job.rows - taken, 0) };
  }

  /** The next batch of at most `limit` rows of one key, of which `ofLarge` at most belong to jobs with more rows than that; null when nothing waits. */
  take(limit: number, ofLarge = limit): readonly Piece<J>[] | null {
    const next = this.next();
    if (next === null) return null;
    const waiting = this.#byKey.get(next.key)!;
    const flows = this.#entries.size;
    const batch: Piece<J>[] = [];
    const parts: Entry<J>[] = [];
    let rows = 0;
    let largeRows = 0;
    while (rows < limit && waiting.length > 0) {
      const entry = waiting.shift()!;
      const large = entry.job.rows > ofLarge;
      const count = Math.min(limit - rows, entry.job.rows - entry.taken, large ? ofLarge - largeRows : Infinity);
      if (count === 0) {
        parts.push(entry);
        continue;
      }
      if (large) largeRows += count;
      batch.push({ job: entry.job, start: entry.taken, count });
      entry.taken += count;
      entry.due += count;
      rows += count;
      if (entry.taken < entry.job.rows) parts.push(entry);
      else this.#entries.delete(entry.job);
    }
    if (waiting.length === 0) this.#byKey.delete(next.key);
    for (const entry of parts) this.#insert(entry);
    this.#rows -= rows;
    this.#virtual += rows / flows;
    return batch;
  }

  #insert(entry: Entry<J>): void {
    let waiting = this.#byKey.get(entry.job.key);
    if (waiting === undefined) this.#byKey.set(entry.job.key, (waiting = []));
    let at = waiting.length;
    while (at > 0 && before(entry, waiting[at - 1]!)) at--;
    waiting.splice(at, 0, entry);
  }
}

function before<J extends Job>(a: Entry<J>, b: Entry<J>): boolean {
  if (a.due !== b.due) return a.due < b.due;
  // Whoever has had nothing yet comes before the rest of a large one.
  return a.taken > 0 === b.taken > 0 ? a.arrival < b.arrival : b.taken > 0;
}
