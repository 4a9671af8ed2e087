/** @file What a thread and its owner share in memory, so that the owner can wait for the thread without an event loop: when the process exits. */

/** Zero while the thread is idle, one during a call. */
const BUSY = 0;
/** One once the thread may not begin another call. */
const STOP = 1;

export class ThreadState {
  readonly buffer: SharedArrayBuffer;
  readonly #flags: Int32Array;

  constructor(buffer = new SharedArrayBuffer(8)) {
    this.buffer = buffer;
    this.#flags = new Int32Array(buffer);
  }

  /** In the thread: true when the call may begin. */
  begin(): boolean {
    Atomics.store(this.#flags, BUSY, 1);
    if (Atomics.load(this.#flags, STOP) === 0) return true;
    this.end();
    return false;
  }

  /** In the thread: the call is over. */
  end(): void {
    Atomics.store(this.#flags, BUSY, 0);
    Atomics.notify(this.#flags, BUSY);
  }

  /** In the owner: lets no further call begin. */
  stop(): void {
    Atomics.store(this.#flags, STOP, 1);
  }

  /** In the owner: blocks until the thread is idle, at most for the given time. */
  waitIdle(milliseconds: number): void {
    Atomics.wait(this.#flags, BUSY, 1, milliseconds);
  }
}
