/** @file Ten thousand items through a real Redis: memory stays where it was, in the submitter, the worker and Redis. */
import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Redis } from 'ioredis';
import { readQueueAddress } from '@robenc/shared/jobs/queue/address.js';
import { openQueue } from '@robenc/shared/jobs/queue/submit.js';
import { workQueue } from '@robenc/shared/jobs/queue/work.js';
import { runWorkList } from '@robenc/shared/jobs/work-list.js';
import { startRedis, type RedisServer } from '../../redis.js';

const [ITEMS, EARLY, BYTES] = [10_000, 2_000, 20_000];
/** MiB that may come on top between the early items and the last ones; all payloads together have 190. */
const MORE = 16;

describe('a long list over a queue', function () {
  this.timeout(30 * 60_000);
  let redis: RedisServer;
  before(async function () {
    redis = await startRedis(this);
  });
  after(async () => redis?.stop());

  it(`${ITEMS} items are done once each, and leave neither the process nor Redis larger`, async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const client = new Redis(redis.address);
    const measure = async () => {
      collect();
      const used = Number(/used_memory:(\d+)/.exec(await client.info('memory'))![1]);
      const { heapUsed, external, arrayBuffers } = process.memoryUsage();
      return { process: (heapUsed + Math.max(external, arrayBuffers)) / 2 ** 20, redis: used / 2 ** 20 };
    };
    const address = readQueueAddress(redis.address);
    const stop = new AbortController();
    let runs = 0;
    const open = async () => ({
      async run(_: string, payload: Uint8Array) {
        runs += 1;
        return payload.slice(0, BYTES / 2);
      },
      close: async () => undefined,
    });
    const worked = [1, 2].map(() => workQueue({ address, parallel: 8, leaseSeconds: 30, open, signal: stop.signal, tell: () => undefined }));
    const queue = await openQueue({ address, context: Buffer.from('long'), attachments: [], tries: 3, tell: () => undefined, workerCommand: '' });
    const written = new Set<string>();
    let early: Awaited<ReturnType<typeof measure>> | null = null;
    let measured: Promise<void> = Promise.resolve();
    const { complete } = await runWorkList({
      list: { chains: ITEMS, steps: 1, payload: (chain) => Buffer.alloc(BYTES, `item ${chain} `) },
      store: {
        has: (id) => written.has(id),
        read: () => Buffer.alloc(0),
        write: (id) => {
          assert.ok(!written.has(id));
          written.add(id);
          if (written.size === EARLY) measured = measure().then((result) => void (early = result));
        },
        get size() {
          return written.size;
        },
      },
      execute: queue.execute,
      parallel: 64,
      signal: stop.signal,
    });
    await measured;
    const last = await measure();
    await queue.close();
    const [keysBefore, leftOver] = [last.redis - early!.redis, last.process - early!.process];
    stop.abort();
    await Promise.all(worked);
    client.disconnect();
    console.log(
      `      MiB at ${EARLY} and ${ITEMS} items: process ${early!.process.toFixed(1)} and ${last.process.toFixed(1)}, Redis ${early!.redis.toFixed(1)} and ${last.redis.toFixed(1)}`,
    );
    assert.deepEqual([complete, written.size, runs], [true, ITEMS, ITEMS]);
    assert.ok(keysBefore < MORE && leftOver < MORE, `Redis ${keysBefore.toFixed(1)} MiB more, the process ${leftOver.toFixed(1)}`);
  });
});
