/** @file Who may come in: a bound on the work that is in the house, decided before any of it is done. */
import { RobencError } from '@robenc/shared/errors.js';

/** Raised when the house is full; `retryAfterMs` says when it is worth asking again. */
export class Overloaded extends RobencError {
  readonly retryAfterMs: number;

  constructor(held: number, limit: number, retryAfterMs: number) {
    super('busy', `The server has ${held} of at most ${limit} model inputs in work. Ask again after ${retryAfterMs} ms, or raise --queue-limit.`);
    this.retryAfterMs = retryAfterMs;
  }
}

/** Counts rows (model inputs) from admission to the answer. */
export class Admission {
  readonly limit: number;
  #held = 0;

  constructor({ limit }: { limit: number }) {
    this.limit = limit;
  }

  get held(): number {
    return this.#held;
  }

  /** Throws `Overloaded` when `rows` more would not fit. Cheap: asked before a request's body is read, with the least it can need. */
  refuseIfFull(rows: number, retryAfterMs: number): void {
    if (this.#held + rows > this.limit) throw new Overloaded(this.#held, this.limit, retryAfterMs);
  }

  /** Takes room for `rows`; the returned function gives it back, however often it is called. Throws `bad-input` for what never fits. */
  admit(rows: number, retryAfterMs: number): () => void {
    if (rows > this.limit)
      throw new RobencError(
        'bad-input',
        `This request needs ${rows} model inputs, and the server takes at most ${this.limit} at once. Send fewer images or crops.`,
        { field: 'images' },
      );
    this.refuseIfFull(rows, retryAfterMs);
    this.#held += rows;
    let open = true;
    return () => {
      if (open) this.#held -= rows;
      open = false;
    };
  }
}
