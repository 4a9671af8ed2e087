/** @file A worker thread that answers calls: started from a module of ours, kept out of the way while idle, never killed while it works. */
import { Worker, type TransferListItem } from 'node:worker_threads';
import { RobencError, type ErrorCode } from '../errors.js';
import { ThreadState } from './thread-state.js';

/** What goes to the thread; `method` null asks it to end. */
export interface ThreadRequest {
  readonly id: number;
  readonly method: string | null;
  readonly argument: unknown;
}

export type ThreadAnswer = { readonly id: number } & (
  { readonly value: unknown } | { readonly error: { readonly code: ErrorCode | null; readonly message: string; readonly field: string | undefined } }
);

interface Call {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Threads that have not ended. */
const living = new Set<ThreadState>();
const EXIT_LIMIT_MS = 60_000;

/**
 * A process that exits in the middle of a native run (an uncaught error, `process.exit()`) would abort with code 134 and lose its real exit code,
 * so it waits for the runs under way, and no other begins.
 */
function waitForThreads(): void {
  const deadline = performance.now() + EXIT_LIMIT_MS;
  for (const state of living) state.stop();
  for (const state of living) state.waitIdle(Math.max(0, deadline - performance.now()));
}

export class Thread {
  readonly #worker: Worker;
  readonly #what: string;
  readonly #calls = new Map<number, Call>();
  readonly #ended: Promise<void>;
  #death: RobencError | null = null;
  #ending = false;
  #nextId = 0;

  /** `module` calls `serveThread` (thread-side.ts). `what` names the thread's work in messages: `the thread that runs model.onnx`. */
  constructor(module: URL, what: string) {
    this.#what = what;
    // Without the parent's flags: worker.mjs registers tsx itself, and --test, --inspect and the like are not meant for it.
    const state = new ThreadState();
    const workerData = { module: module.href, state: state.buffer };
    this.#worker = new Worker(new URL('./worker.mjs', import.meta.url), { workerData, execArgv: [], name: 'robenc' });
    if (!process.listeners('exit').includes(waitForThreads)) process.on('exit', waitForThreads);
    living.add(state);
    this.#worker.unref();
    this.#worker.on('message', (answer: ThreadAnswer) => this.#settle(answer));
    this.#worker.on('error', (cause: Error) => this.#die(`failed: ${cause.message}`, cause));
    this.#worker.on('messageerror', (cause: Error) => this.#die(`gave an answer that cannot be read: ${cause.message}`, cause));
    this.#ended = new Promise((resolve) =>
      this.#worker.on('exit', (code) => {
        living.delete(state);
        this.#die(`ended with exit code ${code}`);
        resolve();
      }),
    );
  }

  get alive(): boolean {
    return this.#death === null;
  }

  /** Runs a method in the thread. Buffers in `transfer` are given away. Rejects with the method's error, or `unavailable` when the thread dies first. */
  async call<T>(method: string, argument: unknown, transfer: readonly TransferListItem[] = []): Promise<T> {
    return (await this.#send(method, argument, transfer)) as T;
  }

  /** Lets the calls under way finish, then ends the thread. A busy thread is never terminated: that would abort the whole process. */
  async close(): Promise<void> {
    const first = !this.#ending;
    this.#ending = true;
    if (first && this.alive) await this.#send(null, null, []).catch(() => undefined);
    await this.#ended;
  }

  #send(method: string | null, argument: unknown, transfer: readonly TransferListItem[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#death !== null) return reject(this.#death);
      if (transfer.some(isGone))
        return reject(new Error(`${this.#what}: "${method}" gives away memory that was given away before. Use memory of its own for each call.`));
      const request: ThreadRequest = { id: this.#nextId++, method, argument };
      this.#worker.postMessage(request, transfer);
      // Only a call keeps the process alive; an idle thread does not.
      this.#worker.ref();
      this.#calls.set(request.id, { resolve, reject });
    });
  }

  #settle(answer: ThreadAnswer): void {
    const call = this.#calls.get(answer.id);
    this.#calls.delete(answer.id);
    // While it ends it is waited for, and then it must keep the process alive to the last.
    if (this.#calls.size === 0 && !this.#ending) this.#worker.unref();
    if ('value' in answer) return call?.resolve(answer.value);
    const { code, message, field } = answer.error;
    call?.reject(code === null ? new Error(message) : new RobencError(code, message, field === undefined ? {} : { field }));
  }

  #die(how: string, cause?: Error): void {
    this.#death ??= new RobencError('unavailable', `${this.#what} ${how}. Open it again; if this goes on, give it less work at once.`, { cause });
    for (const call of this.#calls.values()) call.reject(this.#death);
    this.#calls.clear();
  }
}

/** Node sends such memory without a word; it arrives as a message that nobody can read, and the call would wait for ever. */
function isGone(item: TransferListItem): boolean {
  if (!(item instanceof ArrayBuffer) || item.byteLength > 0) return false;
  try {
    return new Uint8Array(item).length > 0;
  } catch {
    return true;
  }
}
