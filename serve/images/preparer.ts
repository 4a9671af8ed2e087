/** @file A few threads that turn image files into model input, first come first served. */
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RobencError } from '@robenc/shared/errors.js';
import { Thread } from '@robenc/shared/runtime/thread.js';
import type { PreparedImage, Recipe } from './recipe.js';
import type { PrepareRequest } from './worker.js';

interface Task extends PrepareRequest {
  readonly signal: AbortSignal | undefined;
  resolve(prepared: PreparedImage): void;
  reject(error: unknown): void;
}

/** Tasks that a thread holds at once, so that it need not wait for the next one to arrive. */
const PER_THREAD = 2;

export class Preparer {
  readonly #seats: Seat[];
  readonly #waiting: Task[] = [];

  /** `threads` start at once and load their code in the background. */
  constructor({ threads }: { threads: number }) {
    this.#seats = Array.from({ length: threads }, () => new Seat());
  }

  /** The bytes are copied to the thread. Rejects with what `prepareImage` throws, or with `cancelled` when the signal fires while the image still waits. */
  prepare(bytes: Uint8Array, recipe: Recipe, { signal }: { signal?: AbortSignal } = {}): Promise<PreparedImage> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ bytes, recipe, signal, resolve, reject });
      this.#next();
    });
  }

  /** Rejects what waits, lets what runs finish, ends the threads. */
  async close(): Promise<void> {
    for (const task of this.#waiting.splice(0)) task.reject(new RobencError('cancelled', 'The server is stopping.'));
    await Promise.all(this.#seats.map((seat) => seat.close()));
  }

  #next(): void {
    while (this.#waiting.length > 0) {
      const seat = this.#seats.reduce((least, other) => (other.load < least.load ? other : least));
      if (seat.load >= PER_THREAD) return;
      const task = this.#waiting.shift()!;
      if (task.signal?.aborted) task.reject(new RobencError('cancelled', 'The request was given up before its images were read.'));
      else void seat.work(task).then(() => this.#next());
    }
  }
}

/** The place of one thread; one that dies fails its own tasks only, and the next task starts another. */
class Seat {
  load = 0;
  #thread = open();

  /** Never rejects. */
  async work(task: Task): Promise<void> {
    this.load += 1;
    try {
      if (!this.#thread.alive) this.#thread = open();
      const request: PrepareRequest = { bytes: task.bytes, recipe: task.recipe };
      task.resolve(await this.#thread.call<PreparedImage>('prepare', request));
    } catch (error) {
      task.reject(error);
    } finally {
      this.load -= 1;
    }
  }

  close(): Promise<void> {
    return this.#thread.close();
  }
}

function open(): Thread {
  // Sources and a build differ in the ending only.
  return new Thread(new URL(`./worker${extname(fileURLToPath(import.meta.url))}`, import.meta.url), 'A thread that reads images');
}
