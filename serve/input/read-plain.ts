/** @file Reading a body that is not compressed: its chunks and nothing else, since every request pays for it. */
import type { IncomingMessage } from 'node:http';
import { ApiError } from '../errors.js';

export interface BodyPlan {
  /** Most bytes that are let in. */
  readonly limit: number;
  /** Which byte should lie at a multiple of four in memory, so that numbers from there on can be read where they lie. */
  readonly numbersAt: number;
  /** Gives memory of at least so many bytes. */
  readonly take: (bytes: number) => ArrayBuffer;
}

/**
 * All bytes. Rejects with `too_large` as soon as there are more than the limit (the rest is not read), with `client_closed_request` when the client leaves before the end.
 */
export function readPlain(request: IncomingMessage, plan: BodyPlan): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const announced = request.headers['content-length'];
    const body = announced === undefined ? new UnknownLength(plan) : new KnownLength(plan, Number(announced));
    let over = false;
    request
      .on('data', (chunk: Buffer) => {
        if (over || body.add(chunk)) return;
        over = true;
        request.pause();
        reject(bodyTooLarge(plan.limit));
      })
      .on('end', () => {
        if (!over) resolve(body.whole());
        over = true;
      })
      .on('error', (error: Error) => {
        if (!over) reject(gone(error));
        over = true;
      })
      .on('close', () => {
        if (!over) reject(gone());
        over = true;
      });
  });
}

/** Each chunk goes where it belongs when it comes. */
class KnownLength {
  readonly #plan: BodyPlan;
  readonly #length: number;
  #body: Buffer | null = null;
  #filled = 0;

  constructor(plan: BodyPlan, length: number) {
    this.#plan = plan;
    this.#length = length;
  }

  /** False when that is too much. */
  add(chunk: Buffer): boolean {
    if (this.#filled + chunk.length > Math.min(this.#length, this.#plan.limit)) return false;
    // Not before something came: a client that only announces a body costs no memory.
    this.#body ??= memoryFor(this.#plan, this.#length);
    this.#body.set(chunk, this.#filled);
    this.#filled += chunk.length;
    return true;
  }

  whole(): Buffer {
    return this.#body === null ? Buffer.alloc(0) : this.#body.subarray(0, this.#filled);
  }
}

/** Chunks are kept until the last one is there. */
class UnknownLength {
  readonly #plan: BodyPlan;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(plan: BodyPlan) {
    this.#plan = plan;
  }

  add(chunk: Buffer): boolean {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#plan.limit) return false;
    this.#chunks.push(chunk);
    return true;
  }

  whole(): Buffer {
    const body = memoryFor(this.#plan, this.#bytes);
    let at = 0;
    for (const chunk of this.#chunks) at += chunk.copy(body, at);
    return body;
  }
}

function memoryFor({ numbersAt, take }: BodyPlan, bytes: number): Buffer {
  const start = (4 - (numbersAt % 4)) % 4;
  return Buffer.from(take(start + bytes), start, bytes);
}

function gone(cause?: unknown): ApiError {
  return new ApiError('client_closed_request', 'The body could not be read: the client went away.', { field: 'body', cause });
}

/** `too_large` with the limit in bytes. */
export function bodyTooLarge(limit: number, cause?: unknown): ApiError {
  return new ApiError('too_large', `The body is larger than ${limit} bytes.`, {
    field: 'body',
    remedy: 'Send fewer or smaller images, or start the server with a larger --max-body.',
    cause,
  });
}
