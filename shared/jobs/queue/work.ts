/** @file Works at a queue: does items of whoever submits them, until it is stopped. */
import { messageOf } from '../../errors.js';
import type { QueueAddress } from './address.js';
import { connectRedis } from './connection.js';
import { Handlers } from './handlers.js';
import { attachmentName, CONTEXT, itemName, QUEUE, type ItemJob } from './protocol.js';
import { digestOf, ListSpace, LostError } from './space.js';

/** Does the items of one list. */
export interface Handler {
  run(id: string, payload: Uint8Array, signal: AbortSignal): Promise<Uint8Array>;
  close(): Promise<void>;
}

export interface WorkOptions {
  readonly address: QueueAddress;
  /** Items under way at once. */
  readonly parallel: number;
  /** An item whose worker does not answer for so long is given to another one. */
  readonly leaseSeconds: number;
  /** Opens what the items of a list need. `fetch` gives an attachment by its SHA-256. */
  readonly open: (context: Uint8Array, fetch: (sha256: string) => Promise<Uint8Array>) => Promise<Handler>;
  /** Stops the work: items under way go back to the queue. */
  readonly signal: AbortSignal;
  readonly tell: (line: string) => void;
  /** Hears that the server answers. */
  readonly ready?: () => void;
  /** Hears of every item that was done. */
  readonly done?: (id: string) => void;
}

/** BullMQ's own limit: above every list's, which is looked at before an item begins. */
const MANY = 1_000_000;

/** Ends when the signal fires. Throws `unavailable` where no server answers. */
export async function workQueue(options: WorkOptions): Promise<void> {
  const { address, parallel, leaseSeconds, open, signal, tell } = options;
  const { UnrecoverableError, WaitingError, Worker } = await import('bullmq');
  const redis = await connectRedis(address, tell);
  const handlers = new Handlers();
  options.ready?.();

  /** Items that nobody waits for any more are passed over: their submitter looks after them. */
  async function doItem({ list, item, id, tries }: ItemJob, died: number): Promise<void> {
    const space = new ListSpace(redis, address.prefix, list);
    if (await space.hasResult(item)) return;
    if (died >= tries) throw new UnrecoverableError(`${died} workers died at it, or lost their connection for long.`);
    const payload = await space.get(itemName(item));
    if (payload === null) return;
    const fetch = async (sha256: string): Promise<Uint8Array> => {
      const bytes = await space.get(attachmentName(sha256));
      if (bytes === null || digestOf(bytes) !== sha256) throw new LostError(`the bytes with SHA-256 ${sha256}`);
      return bytes;
    };
    const start = async (): Promise<Handler> => {
      const context = await space.get(CONTEXT);
      if (context === null || digestOf(context) !== list) throw new LostError(`what the list ${list} shares`);
      return open(context, fetch);
    };
    const result = await handlers.with(list, start, (handler) => handler.run(id, payload, signal));
    await space.deliver(item, result, CONTEXT);
    options.done?.(id);
  }

  const worker = new Worker<ItemJob>(
    QUEUE,
    async (job, token) => {
      try {
        await doItem(job.data, job.stalledCounter);
      } catch (error) {
        // As done without a result, so that its submitter puts everything there again.
        if (error instanceof LostError) return;
        if (signal.aborted) {
          await job.moveToWait(token);
          throw new WaitingError();
        }
        tell(`Item ${job.data.id} failed, try ${job.attemptsMade + 1} of ${job.data.tries}: ${messageOf(error)}`);
        throw error;
      }
    },
    {
      connection: redis,
      prefix: address.prefix,
      concurrency: parallel,
      lockDuration: 1000 * leaseSeconds,
      stalledInterval: 1000 * leaseSeconds,
      maxStalledCount: MANY,
    },
  );
  // Outages are told by the connection; an item whose lock was lost is done by another worker, and the first result stands.
  worker.on('error', () => undefined);
  await new Promise<void>((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true })));
  await worker.close();
  await handlers.close();
  redis.disconnect();
}
