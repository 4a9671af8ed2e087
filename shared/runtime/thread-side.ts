/** @file The inside of a worker thread: answers the calls of `Thread`, one after the other. */
import { parentPort, workerData, type TransferListItem } from 'node:worker_threads';
import { messageOf, RobencError } from '../errors.js';
import { ThreadState } from './thread-state.js';
import type { ThreadAnswer, ThreadRequest } from './thread.js';

/** What a method gives back; buffers in `transfer` move to the caller instead of being copied. */
export interface Answer {
  readonly value: unknown;
  readonly transfer?: readonly TransferListItem[];
}

export type Handler = (argument: never) => Promise<Answer>;

/** Answers calls until the thread is asked to end; then `cleanUp` runs and the thread ends by itself. */
export function serveThread(handlers: Readonly<Record<string, Handler>>, cleanUp: () => Promise<void>): void {
  if (parentPort === null) throw new Error('serveThread() only works inside a worker thread.');
  const port = parentPort;
  const state = new ThreadState((workerData as { state: SharedArrayBuffer }).state);
  let last: Promise<void> = Promise.resolve();
  port.on('message', (request: ThreadRequest) => {
    last = last.then(async () => {
      if (!state.begin()) return;
      await answer(request);
      state.end();
    });
  });
  // Whose call it was cannot be read either: the thread ends, which fails them all.
  port.on('messageerror', (cause: Error) => {
    throw cause;
  });
  // A method may end the thread; nobody must wait for it then.
  process.on('exit', () => state.end());

  async function answer({ id, method, argument }: ThreadRequest): Promise<void> {
    let reply: ThreadAnswer;
    let transfer: readonly TransferListItem[] = [];
    try {
      const result = method === null ? await end() : await handlers[method]!(argument as never);
      reply = { id, value: result.value };
      transfer = result.transfer ?? [];
    } catch (error) {
      const code = error instanceof RobencError ? error.code : null;
      reply = { id, error: { code, message: messageOf(error), field: error instanceof RobencError ? error.field : undefined } };
    }
    port.postMessage(reply, transfer);
    if (method === null) port.close();
  }

  async function end(): Promise<Answer> {
    await cleanUp();
    return { value: null };
  }
}
