/** @file A few threads that turn image files into model input, first come first served. */
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RobencError } from '@robenc/shared/errors.js';
import { Thread } from '@robenc/shared/runtime/thread.js';
import type { StopSignal } from '../batching/stop.js';
import type { PreparedImage, Recipe } from './recipe.js';
import type { PrepareRequest } from './worker.js';

interface Task extends Omit<PrepareRequest, 'limitMs'> {
  readonly signal: Pick<StopSignal, 'aborted'> | undefined;
  resolve(prepared: PreparedImage): void;
  reject(error: unknown): void;
}

/** Tasks that a thread holds at once, so that it need not wait for the next one to arrive. */
const PER_THREAD = 2;

/** Threads that decode, resize and crop images, each one within a limit of time. */
export class Preparer {
  readonly #seats: Seat[];
  readonly #waiting: Task[] = [];

  /** `threads` start at once and load their code in the background. An image may take `limitMs` once its turn has come. */
  constructor({ threads, limitMs = Infinity }: { threads: number; limitMs?: number }) {
    this.#seats = Array.from({ length: threads }, () => new Seat(limitMs));
  }

  /** The bytes are copied to the thread. Rejects with what `prepareImage` throws, or with `cancelled` when the signal fires while the image still waits. */
  prepare(bytes: Uint8Array, recipe: Recipe, { signal }: { signal?: Pick<StopSignal, 'aborted'> } = {}): Promise<PreparedImage> {
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
  /** Its code is loaded: before, the time is not the image's. */
  #warm = false;
  /** Ends when the thread has done what it was given last. */
  #last: Promise<void> = Promise.resolve();
  readonly #limitMs: number;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** Never rejects. */
  async work(task: Task): Promise<void> {
    this.load += 1;
    try {
      if (!this.#thread.alive) {
        this.#thread = open();
        this.#warm = false;
      }
      if (!this.#warm) await this.#thread.call('load', null);
      this.#warm = true;
      // A copy that is given away: sending a view would copy all the memory behind it, that of every other image of a form too.
      const bytes = new Uint8Array(task.bytes);
      const request: PrepareRequest = { bytes, recipe: task.recipe, limitMs: this.#limitMs };
      const work = this.#thread.call<PreparedImage>('prepare', request, [bytes.buffer]);
      const clock = this.#watch(this.#last, task);
      this.#last = work.then(
        () => undefined,
        () => undefined,
      );
      // What is late is ended there too, and nobody hears of it any more.
      await work.then(task.resolve).finally(clock);
    } catch (error) {
      task.reject(error);
    } finally {
      this.load -= 1;
    }
  }

  close(): Promise<void> {
    return this.#thread.close();
  }

  /** Rejects the task when its time is over, which begins when the thread has done the one before. @returns what ends the watch. */
  #watch(before: Promise<void>, task: Task): () => void {
    if (this.#limitMs === Infinity) return () => undefined;
    let timer: NodeJS.Timeout | undefined;
    let over = false;
    void before.then(() => {
      if (!over) timer = setTimeout(() => task.reject(tooSlow(this.#limitMs)), this.#limitMs);
    });
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }
}

function tooSlow(ms: number): RobencError {
  return new RobencError('bad-input', `The image was not decoded and resized within ${ms} ms. Send a smaller one.`, { field: 'image' });
}

function open(): Thread {
  // Sources and a build differ in the ending only.
  return new Thread(new URL(`./worker${extname(fileURLToPath(import.meta.url))}`, import.meta.url), 'A thread that reads images');
}
