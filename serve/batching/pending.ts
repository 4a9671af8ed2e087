/** @file A job that waits for its turn, or for batches that it is in: a class, because there is one for every request. */
import { RobencError } from '@robenc/shared/errors.js';
import type { Tensors } from '@robenc/shared/runtime/types.js';
import type { Runner, RunOptions, RunReport } from './dispatcher.js';
import type { Lanes } from './lanes.js';
import type { Job, Lane } from './queue.js';
import type { StopSignal } from './stop.js';

/** A job and what came of it so far. */
export class Pending implements Job {
  readonly key: string;
  readonly runner: Runner;
  readonly feeds: Tensors;
  readonly rows: number;
  readonly lane: Lane;
  readonly since: number;
  readonly report: RunReport | undefined;
  readonly parts: { readonly start: number; readonly answers: Tensors }[] = [];
  left: number;
  readonly #lanes: Lanes<Pending>;
  readonly #signal: StopSignal | undefined;
  readonly #settle: { readonly resolve: (answers: Tensors) => void; readonly reject: (error: Error) => void };

  constructor(
    { runner, feeds, rows, since }: { runner: Runner; feeds: Tensors; rows: number; since: number },
    { signal, lane = 'interactive', report }: RunOptions,
    lanes: Lanes<Pending>,
    settle: { resolve: (answers: Tensors) => void; reject: (error: Error) => void },
  ) {
    this.key = runner.id;
    this.runner = runner;
    this.feeds = feeds;
    this.rows = rows;
    this.left = rows;
    this.since = since;
    this.lane = lane;
    this.report = report;
    this.#lanes = lanes;
    this.#signal = signal;
    this.#settle = settle;
    signal?.addEventListener('abort', this);
  }

  resolve(answers: Tensors): void {
    this.#signal?.removeEventListener('abort', this);
    this.#settle.resolve(answers);
  }

  reject(error: unknown): void {
    this.#signal?.removeEventListener('abort', this);
    this.#settle.reject(error instanceof Error ? error : new Error(String(error)));
  }

  /** The signal fires. What runs already cannot be stopped, but nobody has to wait for it: a batch may hang. */
  handleEvent(): void {
    this.#lanes.remove(this.lane, this);
    this.reject(cancelled(this.#signal!));
  }
}

/** The reason of a signal that has fired. */
export function cancelled(signal: StopSignal): Error {
  return signal.reason instanceof Error && signal.reason.name !== 'AbortError'
    ? signal.reason
    : new RobencError('cancelled', 'The request was given up before its turn came.');
}
