/** @file The jobs of BullMQ that stand for items: what is waiting, under way or given up. */
import type { Redis } from 'ioredis';
import { jobIdOf, QUEUE, type ItemJob } from './protocol.js';

/** Milliseconds between two tries of an item. */
const BACKOFF = 1_000;
/** Seconds that the record of a failed item stays. */
const FAILED_LIFETIME = 24 * 3600;

export interface Records {
  /** Does nothing where the item waits or is under way already. */
  add(job: ItemJob): Promise<void>;
  /** Why an item was given up; null: it waits or is under way; undefined: there is no record of it. */
  failure(jobId: string): Promise<string | null | undefined>;
  /** Takes back an item that waits, or forgets one that failed. One that is under way stays. */
  remove(jobId: string): Promise<void>;
  /** Machines that are connected now. */
  workers(): Promise<number>;
  close(): Promise<void>;
}

/** `changed` hears of items that were done or given up; messages may be lost. */
export async function openRecords(redis: Redis, prefix: string, changed: (jobId: string) => void): Promise<Records> {
  const { Queue, QueueEvents } = await import('bullmq');
  const connection = { connection: redis, prefix };
  const queue = new Queue<ItemJob>(QUEUE, connection);
  const events = new QueueEvents(QUEUE, connection);
  // Outages are told by the connection.
  queue.on('error', () => undefined);
  events.on('error', () => undefined);
  events.on('completed', ({ jobId }) => changed(jobId));
  events.on('failed', ({ jobId }) => changed(jobId));
  await events.waitUntilReady();
  return {
    async add(job) {
      const options = { attempts: job.tries, backoff: BACKOFF, removeOnComplete: true, removeOnFail: { age: FAILED_LIFETIME } };
      await queue.add('item', job, { jobId: jobIdOf(job), ...options });
    },
    async failure(jobId) {
      const job = await queue.getJob(jobId);
      const state = await job?.getState();
      if (job === undefined || state === 'unknown') return undefined;
      return state === 'failed' ? job.failedReason : null;
    },
    async remove(jobId) {
      // Refused where a worker holds it.
      await queue.remove(jobId).catch(() => undefined);
    },
    // Some servers do not let clients be listed.
    workers: () => queue.getWorkersCount().catch(() => 1),
    async close() {
      await events.close();
      await queue.close();
    },
  };
}
