/** @file Who may come in: bounds on the work and the bytes that are in the house, decided before any of it is done. */
import { RobencError } from '@robenc/shared/errors.js';

/** Raised when the house is full; `retryAfterMs` says when it is worth asking again. */
export class Overloaded extends RobencError {
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs: number) {
    // Without a stack: under overload there are thousands of these a second.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super('busy', `${message} Ask again after ${retryAfterMs} ms.`);
    Error.stackTraceLimit = stackTraceLimit;
    this.retryAfterMs = retryAfterMs;
  }
}

export interface AdmissionOptions {
  /** Most rows (model inputs). */
  readonly limit: number;
  /** Most bytes of bodies. Default: no bound. */
  readonly bytes?: number;
}

/** Counts rows (model inputs) and bytes of bodies from admission to the answer. */
export class Admission {
  readonly limit: number;
  readonly bytesLimit: number;
  #held = 0;
  #bytes = 0;

  constructor({ limit, bytes = Infinity }: AdmissionOptions) {
    this.limit = limit;
    this.bytesLimit = bytes;
  }

  get held(): number {
    return this.#held;
  }

  get heldBytes(): number {
    return this.#bytes;
  }

  /** Whether one row and a body of `bytes` more would fit. Cheap: asked before a request's body is read. */
  fits(bytes: number): boolean {
    return this.#held < this.limit && (this.#bytes === 0 || this.#bytes + bytes <= this.bytesLimit);
  }

  /** Takes room for one row and a body of so many bytes. Throws `Overloaded`. */
  enter(bytes: number, retryAfterMs: number): Stay {
    if (!this.fits(bytes)) throw this.#refusal(1, retryAfterMs);
    this.#held += 1;
    this.#bytes += bytes;
    return new Stay(this, bytes, retryAfterMs);
  }

  /** For a stay: more rows or fewer. Throws `Overloaded`, or `bad-input` for what never fits. */
  resize(from: number, to: number, retryAfterMs: number): void {
    if (to > this.limit)
      throw new RobencError(
        'bad-input',
        `This request needs ${to} model inputs, and the server takes at most ${this.limit} at once. Send fewer images or crops.`,
        { field: 'images' },
      );
    if (this.#held - from + to > this.limit) throw this.#refusal(to - from, retryAfterMs);
    this.#held += to - from;
  }

  /** For a stay that ends. */
  leave(rows: number, bytes: number): void {
    this.#held -= rows;
    this.#bytes -= bytes;
  }

  #refusal(rows: number, retryAfterMs: number): Overloaded {
    return new Overloaded(
      this.#held + rows > this.limit
        ? `The server has ${this.#held} of at most ${this.limit} model inputs in work.`
        : `The server holds bodies of ${this.#bytes} of at most ${this.bytesLimit} bytes.`,
      retryAfterMs,
    );
  }
}

/** The room that a request has. */
export class Stay {
  readonly #house: Admission;
  readonly #bytes: number;
  readonly #retryAfterMs: number;
  #rows = 1;
  #open = true;

  constructor(house: Admission, bytes: number, retryAfterMs: number) {
    this.#house = house;
    this.#bytes = bytes;
    this.#retryAfterMs = retryAfterMs;
  }

  /** Says how many rows it really needs, once that is known. Throws `Overloaded`, or `bad-input` for what never fits. */
  resize(rows: number): void {
    this.#house.resize(this.#rows, rows, this.#retryAfterMs);
    this.#rows = rows;
  }

  /** Gives the room back, however often it is called. */
  leave(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#house.leave(this.#rows, this.#bytes);
  }
}
