/** @file Work lists over a real Redis: everything is done once, whatever fails, comes late or comes twice. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readQueueAddress } from '@robenc/shared/jobs/queue/address.js';
import { openQueue, type OpenQueue, type SubmitOptions } from '@robenc/shared/jobs/queue/submit.js';
import { workQueue, type Handler, type WorkOptions } from '@robenc/shared/jobs/queue/work.js';
import { memoryStore } from '@robenc/shared/jobs/store.js';
import { runWorkList, type RunResult, type WorkList } from '@robenc/shared/jobs/work-list.js';
import { startRedis, type RedisServer } from '../../redis.js';
import { until } from '../../until.js';

describe('a work list over a queue', function () {
  let redis: RedisServer;
  let prefixes = 0;
  before(async function () {
    redis = await startRedis(this);
  });
  after(async () => redis?.stop());

  const never = new AbortController().signal;
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

  /** Every step gets what the step before it gave. */
  function numbers(chains: number, steps: number, store: ReturnType<typeof memoryStore>): WorkList<Uint8Array> {
    const idOf = (chain: number, step: number) => `${step}-${chain}`;
    return { chains, steps, idOf, payload: (chain, step) => Buffer.from(step === 0 ? `start ${chain}` : text(store.read(idOf(chain, step - 1)))) };
  }

  /** Answers with a digest of the context and the payload. */
  function digester(context: Uint8Array, before: (id: string, signal: AbortSignal) => void | Promise<void> = () => undefined): Handler {
    return {
      async run(id, payload, signal) {
        await before(id, signal);
        return Buffer.from(createHash('sha256').update(context).update(payload).digest('hex').slice(0, 16));
      },
      close: async () => undefined,
    };
  }

  /** A queue of its own on the server. */
  function place() {
    return readQueueAddress(`${redis.address}/test-${prefixes++}`);
  }

  function submit(address: SubmitOptions['address'], more: Partial<SubmitOptions> = {}): Promise<OpenQueue> {
    return openQueue({
      address,
      context: Buffer.from('context'),
      attachments: [],
      tries: 3,
      lookEvery: 200,
      tell: () => undefined,
      workerCommand: '',
      ...more,
    });
  }

  function work(address: WorkOptions['address'], open: WorkOptions['open'], more: Partial<WorkOptions> = {}): { stop(): Promise<void>; notes: string[] } {
    const stop = new AbortController();
    const notes: string[] = [];
    const ended = workQueue({ address, parallel: 4, leaseSeconds: 1, open, signal: stop.signal, tell: (line) => void notes.push(line), ...more });
    return {
      notes,
      async stop() {
        stop.abort();
        await ended;
      },
    };
  }

  function expected(chains: number, steps: number): string[] {
    const store = memoryStore();
    const list = numbers(chains, steps, store);
    const all: string[] = [];
    for (let step = 0; step < steps; step++)
      for (let chain = 0; chain < chains; chain++) {
        const value = createHash('sha256').update('context').update(list.payload(chain, step)!).digest('hex').slice(0, 16);
        store.write(list.idOf!(chain, step), Buffer.from(value));
        all.push(value);
      }
    return all;
  }

  async function run(queue: OpenQueue, chains: number, steps: number, more: { setAside?: boolean; signal?: AbortSignal } = {}) {
    const store = memoryStore();
    const list = numbers(chains, steps, store);
    let result: RunResult;
    try {
      result = await runWorkList({ list, store, execute: queue.execute, parallel: 16, signal: never, ...more });
    } finally {
      await queue.close();
    }
    const values: string[] = [];
    for (let step = 0; step < steps; step++)
      for (let chain = 0; chain < chains; chain++) if (store.has(list.idOf!(chain, step))) values.push(text(store.read(list.idOf!(chain, step))));
    return { ...result, values };
  }

  it('gives what one process gives, by two workers, and leaves nothing behind', async () => {
    const address = place();
    const workers = [1, 2].map(() => work(address, async (context) => digester(context)));
    const { complete, failures, values } = await run(await submit(address), 12, 3);
    await Promise.all(workers.map((one) => one.stop()));
    assert.deepEqual([complete, failures, values], [true, [], expected(12, 3)]);
    const { Redis } = await import('ioredis');
    const client = new Redis(redis.address);
    const keys = (await client.keys(`${address.prefix}:*`)).filter((key) => !/:(meta|events|id|stalled-check|marker)$/.test(key));
    client.disconnect();
    assert.deepEqual(keys, []);
  });

  it('sets an item that always fails aside after as many tries as it has, with its reason, and does the others', async () => {
    const address = place();
    let tries = 0;
    const bad = (id: string) => {
      if (id !== '1-5') return;
      tries += 1;
      throw new Error(`no luck with ${id}`);
    };
    const worker = work(address, async (context) => digester(context, bad));
    const { complete, failures, values } = await run(await submit(address, { tries: 2 }), 8, 3, { setAside: true });
    // A new run tries it anew.
    const again = await run(await submit(address, { tries: 2 }), 8, 3, { setAside: true });
    await worker.stop();
    assert.deepEqual([complete, failures], [false, [{ id: '1-5', message: 'no luck with 1-5' }]]);
    assert.equal(values.length, 8 * 3 - 2);
    assert.deepEqual([tries, again.failures.length], [4, 1]);
    assert.ok(worker.notes.includes('Item 1-5 failed, try 2 of 2: no luck with 1-5'), worker.notes.join('\n'));
  });

  it('an item whose worker is silent is done by another, and the late result changes nothing', async () => {
    const address = place();
    let release = () => undefined as void;
    const held = new Promise<void>((resolve) => (release = resolve));
    let hung = false;
    // Its locks are not renewed while it holds the thread; here it is cut off from the server instead, which is the same to the others.
    const slow = work(address, async (context) =>
      digester(context, async (id) => {
        if (id !== '0-3' || hung) return;
        hung = true;
        await held;
      }),
    );
    const queue = await submit(address);
    const running = run(queue, 6, 2);
    while (!hung) await new Promise((resolve) => setTimeout(resolve, 10));
    await loseLocks(address.prefix);
    const other = work(address, async (context) => digester(context));
    const { complete, values } = await running;
    release();
    await Promise.all([slow.stop(), other.stop()]);
    assert.deepEqual([complete, values], [true, expected(6, 2)]);
  });

  /** As if a worker had been cut off: its locks are gone, and it gets none again. */
  async function loseLocks(prefix: string): Promise<void> {
    const { Redis } = await import('ioredis');
    const client = new Redis(redis.address);
    for (const key of await client.keys(`${prefix}:items-1:*:lock`)) await client.del(key);
    client.disconnect();
  }

  it('an item that workers die at is set aside after as many deaths', async () => {
    const address = place();
    let starts = 0;
    const deadly = work(address, async (context) =>
      digester(context, (id, signal) => {
        if (id !== '0-1') return;
        starts += 1;
        return new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      }),
    );
    const running = run(await submit(address, { tries: 2 }), 3, 1, { setAside: true });
    const timer = setInterval(() => void loseLocks(address.prefix), 100);
    const { failures } = await running;
    clearInterval(timer);
    await deadly.stop();
    assert.deepEqual([failures.map(({ id }) => id), starts], [['0-1'], 2]);
    assert.match(failures[0]!.message, /2 workers died at it/);
  });

  it('goes on when Redis was killed, and when it lost everything', async () => {
    const address = place();
    const begun: string[] = [];
    const worker = work(address, async (context) =>
      digester(context, (id) => {
        begun.push(id);
        return new Promise((resolve) => setTimeout(resolve, 30));
      }),
    );
    const running = run(await submit(address), 30, 3);
    // In the midst of the 90 items, at whatever pace they go.
    await until(() => begun.length >= 10, 'the tenth item');
    await redis.crash();
    const before = begun.length;
    await until(() => begun.length >= before + 10, 'ten items after the crash');
    const { Redis } = await import('ioredis');
    const client = new Redis(redis.address);
    await client.flushall();
    client.disconnect();
    const { complete, values } = await running;
    await worker.stop();
    assert.deepEqual([complete, values], [true, expected(30, 3)]);
  });

  it('a stopped worker gives its items back at once, and a submitter that was stopped finds what was done meanwhile', async () => {
    const address = place();
    const started = new Set<string>();
    const stuck = work(address, async (context) =>
      digester(context, (id, signal) => {
        started.add(id);
        return new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));
      }),
    );
    const stop = new AbortController();
    const running = run(await submit(address), 4, 1, { signal: stop.signal });
    while (started.size < 4) await new Promise((resolve) => setTimeout(resolve, 10));
    stop.abort();
    await assert.rejects(running, { code: 'cancelled' });
    await stuck.stop();
    const done: string[] = [];
    const quick = work(address, async (context) => digester(context), { done: (id) => void done.push(id) });
    while (done.length < 4) await new Promise((resolve) => setTimeout(resolve, 10));
    const { values } = await run(await submit(address), 4, 1);
    await quick.stop();
    assert.deepEqual([values, done.length], [expected(4, 1), 4]);
  });

  it('attachments travel by their digest and are fetched once per list', async () => {
    const address = place();
    const model = Buffer.alloc(20 * 2 ** 20, 'model');
    const sha256 = createHash('sha256').update(model).digest('hex');
    let fetched = 0;
    const worker = work(address, async (context, fetch) => {
      assert.equal(text(context), sha256);
      const bytes = await fetch(sha256);
      assert.ok(Buffer.from(bytes).equals(model));
      fetched += 1;
      return digester(context);
    });
    const queue = await submit(address, { context: Buffer.from(sha256), attachments: [model] });
    const { complete } = await run(queue, 10, 2);
    await worker.stop();
    assert.deepEqual([complete, fetched], [true, 1]);
  });

  it('says that nobody works, and how to start somebody', async () => {
    const address = place();
    const notes: string[] = [];
    const queue = await submit(address, { tell: (line) => void notes.push(line), workerCommand: 'start me' });
    const running = run(queue, 2, 1);
    while (notes.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.match(notes[0]!, /^Nobody works at redis:.*start me$/);
    const worker = work(address, async (context) => digester(context));
    assert.equal((await running).complete, true);
    await worker.stop();
  });

  it('a server that is not there, and an address that is none, are named', async () => {
    await assert.rejects(submit(readQueueAddress('redis://127.0.0.1:1')), (error: { code: string; message: string }) => {
      assert.match(error.message, /No Redis server answers at redis:\/\/127\.0\.0\.1:1\/robenc: .*ECONNREFUSED.*--queue/);
      return error.code === 'unavailable';
    });
    for (const wrong of ['localhost:6379', 'http://host', 'redis://', 'redis://host/a b', 'redis://host/0/a/b', 'nothing'])
      assert.throws(() => readQueueAddress(wrong), { code: 'usage' }, wrong);
    assert.deepEqual(readQueueAddress('redis://me:secret@host:1/3/mine'), {
      url: 'redis://me:secret@host:1/3',
      prefix: 'mine',
      text: 'redis://me@host:1/3/mine',
    });
    assert.equal(readQueueAddress('redis://:secret@host').text, 'redis://host/robenc');
    assert.throws(
      () => readQueueAddress('redis://me:secret@host/a b'),
      (error: Error) => !error.message.includes('secret'),
    );
  });
});
