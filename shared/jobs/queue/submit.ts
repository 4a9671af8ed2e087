/** @file Has the items of a work list done by whoever works at a queue, over BullMQ and Redis. */
import { setMaxListeners } from 'node:events';
import { RobencError } from '../../errors.js';
import type { Execute } from '../work-list.js';
import type { QueueAddress } from './address.js';
import { connectRedis } from './connection.js';
import { attachmentName, CONTEXT, itemName, jobIdOf, type ItemJob } from './protocol.js';
import { openRecords } from './records.js';
import { digestOf, ListSpace } from './space.js';

export interface SubmitOptions {
  readonly address: QueueAddress;
  /** What all items share. Lists of the same context share results. */
  readonly context: Uint8Array;
  /** Bytes that the context names by their SHA-256, and that workers fetch when they do not have them. */
  readonly attachments: readonly Uint8Array[];
  /** An item that failed so often, or that so many workers died at, is set aside. */
  readonly tries: number;
  /** Milliseconds between two looks at everything under way: for messages that were lost, and for a server that lost its memory. */
  readonly lookEvery?: number;
  readonly tell: (line: string) => void;
  /** How a worker is started, for the note that there is none. */
  readonly workerCommand: string;
}

export interface OpenQueue {
  /** Throws what the item failed with the last time. */
  readonly execute: Execute<Uint8Array>;
  /** Takes back what waits; takes everything away where nothing was given up. */
  close(): Promise<void>;
}

const LOOK = 5_000;

interface Waiting {
  readonly job: ItemJob;
  readonly payload: Uint8Array;
  readonly resolve: (result: Uint8Array) => void;
  readonly reject: (error: unknown) => void;
}

/** Throws `unavailable` where no server answers. */
export async function openQueue(options: SubmitOptions): Promise<OpenQueue> {
  const { address, context, tell, lookEvery = LOOK } = options;
  const redis = await connectRedis(address, tell);
  const list = digestOf(context);
  const space = new ListSpace(redis, address.prefix, list);
  const attached = new Map(options.attachments.map((bytes) => [attachmentName(digestOf(bytes)), bytes]));
  const waiting = new Map<string, Waiting>();
  const givenUp = new Set<string>();
  const records = await openRecords(redis, address.prefix, (jobId) => void look(jobId).catch((error: unknown) => waiting.get(jobId)?.reject(error)));

  /** What is shared goes first, so that an item never lacks it. */
  async function publish(): Promise<void> {
    for (const [name, bytes] of attached) if (!(await space.has(name))) await space.put(name, bytes);
    if (!(await space.has(CONTEXT))) await space.put(CONTEXT, context);
  }

  async function add({ job, payload }: Waiting): Promise<void> {
    await space.put(itemName(job.item), payload);
    await records.add(job);
  }

  /** Ends the wait for an item that is done or was given up; adds one again that nobody knows of. */
  async function look(jobId: string): Promise<void> {
    const one = waiting.get(jobId);
    if (one === undefined) return;
    const { item } = one.job;
    const result = await space.result(item);
    if (result !== null && result.length > 0) {
      if (!waiting.delete(jobId)) return;
      await space.collected(item);
      await space.drop(itemName(item));
      return one.resolve(new Uint8Array(result));
    }
    const failure = await records.failure(jobId);
    if (typeof failure === 'string' && waiting.delete(jobId)) {
      await records.remove(jobId);
      await space.drop(itemName(item));
      return one.reject(new RobencError('io', failure));
    }
    // The record of a done item goes after its result came: one more look at that.
    if (failure === undefined && waiting.has(jobId) && !(await space.hasResult(item))) {
      await publish();
      await add(one);
    }
  }

  let isToldIdle = false;
  async function lookAtAll(): Promise<void> {
    for (const jobId of [...waiting.keys()]) await look(jobId);
    await space.refresh(CONTEXT, ...attached.keys());
    const isIdle = waiting.size > 0 && (await records.workers()) === 0;
    if (isIdle && !isToldIdle) tell(`Nobody works at ${address.text}. Start workers, here or on other machines: ${options.workerCommand}`);
    isToldIdle = isIdle;
  }
  let round: Promise<void> = Promise.resolve();
  let isLooking = false;
  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    round = lookAtAll()
      .catch(() => undefined)
      .finally(() => (isLooking = false));
  }, lookEvery);

  await publish();
  return {
    async execute(id, payload, signal) {
      // One listener for every item under way.
      setMaxListeners(0, signal);
      const job: ItemJob = { list, id, item: `${id}.${digestOf(payload).slice(0, 16)}`, tries: options.tries };
      const jobId = jobIdOf(job);
      let stop = (): void => undefined;
      try {
        return await new Promise<Uint8Array>((resolve, reject) => {
          const one: Waiting = { job, payload, resolve, reject };
          stop = () => {
            waiting.delete(jobId);
            givenUp.add(jobId);
            reject(new RobencError('cancelled', 'The work was stopped before it ended.'));
          };
          if (signal.aborted) return void stop();
          signal.addEventListener('abort', stop, { once: true });
          waiting.set(jobId, one);
          begin(one).catch(reject);
        });
      } finally {
        signal.removeEventListener('abort', stop);
        waiting.delete(jobId);
      }
    },
    async close() {
      clearInterval(timer);
      await round;
      for (const jobId of givenUp) await records.remove(jobId);
      if (givenUp.size === 0) await space.drop(CONTEXT, ...attached.keys(), 'results');
      await records.close();
      redis.disconnect();
    },
  };

  /** An earlier run may have left a result, or the record of a failure. */
  async function begin(one: Waiting): Promise<void> {
    const jobId = jobIdOf(one.job);
    const there = await space.result(one.job.item);
    if (there !== null && there.length > 0) return look(jobId);
    // Collected by a run that did not keep it.
    if (there !== null) await space.forgetResult(one.job.item);
    if (typeof (await records.failure(jobId)) === 'string') await records.remove(jobId);
    await add(one);
  }
}
