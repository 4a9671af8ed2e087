/**
 * @file How work learns that nobody waits for it any more. An AbortSignal does for that too, but every request needs one, and Node's takes longer to make
 * than all else that a small request costs the queue.
 */

/** Hears of it, once. */
export interface StopListener {
  handleEvent(): void;
}

/** What work sees: the part of an AbortSignal that it needs. */
export interface StopSignal {
  readonly aborted: boolean;
  /** Why; of one that nobody gave a reason for, anything. */
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: StopListener): void;
  removeEventListener(type: 'abort', listener: StopListener): void;
}

/** A signal and the means to fire it. */
export class Stop implements StopSignal {
  #aborted = false;
  #reason: unknown;
  #listeners: StopListener[] = [];

  get aborted(): boolean {
    return this.#aborted;
  }

  get reason(): unknown {
    return this.#reason;
  }

  addEventListener(_type: 'abort', listener: StopListener): void {
    this.#listeners.push(listener);
  }

  removeEventListener(_type: 'abort', listener: StopListener): void {
    const at = this.#listeners.indexOf(listener);
    if (at >= 0) this.#listeners.splice(at, 1);
  }

  /** Fires; the second time nothing happens. */
  abort(reason?: unknown): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason;
    for (const listener of this.#listeners.splice(0)) listener.handleEvent();
  }
}
