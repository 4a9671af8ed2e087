/** @file Pools: fair, honest about their device, and whole again after a worker died. */
import assert from 'node:assert/strict';
import { RobencError } from '@robenc/shared/errors.js';
import { openPool, SessionPool, type MortalSession } from '@robenc/shared/runtime/pool.js';
import type { Tensors } from '@robenc/shared/runtime/types.js';
import { doubling, float32, FAILS_WHEN_RUN } from './models.js';

/** A worker that answers when the test says so. */
class PuppetSession implements MortalSession {
  readonly inputs = [{ name: 'x', dtype: 'float32', shape: ['n'] }] as const;
  readonly outputs = [{ name: 'y', dtype: 'float32', shape: ['n'] }] as const;
  readonly device = 'cpu';
  readonly notice = null;
  readonly started: number[] = [];
  alive = true;
  closed = false;
  finish: () => void = () => assert.fail('nothing runs');
  fail: (error: Error) => void = () => assert.fail('nothing runs');

  run(feeds: Tensors): Promise<Record<string, ReturnType<typeof float32>>> {
    assert(this.alive && !this.closed);
    this.started.push(Number(feeds['x']!.data[0]));
    return new Promise((resolve, reject) => {
      this.finish = () => resolve({ y: feeds['x']! });
      this.fail = reject;
    });
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const feed = (value: number): Tensors => ({ x: float32([1], value) });

describe('a pool of sessions', () => {
  it('computes the same as one session, in several threads', async () => {
    const pool = await openPool(doubling('float32'), { workers: 2 });
    assert.equal(pool.workers, 2);
    const values = Array.from({ length: 40 }, (_, index) => index);
    const results = await Promise.all(values.map((value) => pool.run(feed(value))));
    assert.deepEqual(
      results.map(({ y }) => y!.data[0]),
      values.map((value) => 2 * value),
    );
    await pool.close();
  });

  it('gives calls to the first idle worker, in order of arrival', async () => {
    const [a, b] = [new PuppetSession(), new PuppetSession()];
    const pool = new SessionPool([a, b], () => assert.fail('no worker died'), 'model.onnx');
    const runs = [1, 2, 3, 4, 5].map((value) => pool.run(feed(value)));
    await settle();
    assert.deepEqual([a.started, b.started, pool.waiting], [[1], [2], 3]);
    b.finish();
    await settle();
    b.finish();
    await settle();
    a.finish();
    await settle();
    assert.deepEqual([a.started, b.started, pool.waiting], [[1, 5], [2, 3, 4], 0]);
    a.finish();
    b.finish();
    assert.deepEqual(
      (await Promise.all(runs)).map(({ y }) => y!.data[0]),
      [1, 2, 3, 4, 5],
    );
    await pool.close();
    assert(a.closed && b.closed);
  });

  it('a call that fails does not hold up the others', async () => {
    const pool = await openPool(FAILS_WHEN_RUN, { workers: 1 });
    const bad = pool.run({ x: float32([3], 1, 2, 3) });
    const good = pool.run({ x: float32([4], 1, 2, 3, 4) });
    await assert.rejects(bad, { code: 'bad-input' });
    assert.deepEqual((await good)['y']!.shape, [2, 2]);
    await assert.rejects(pool.run({}), { code: 'bad-input', message: 'x: missing; The model expects float32 [n].' });
    await pool.close();
  });

  it('replaces a worker that died when the next call comes', async () => {
    const [first, second] = [new PuppetSession(), new PuppetSession()];
    const pool = new SessionPool([first], async () => second, 'model.onnx');
    const lost = pool.run(feed(1));
    const next = pool.run(feed(2));
    await settle();
    first.alive = false;
    first.fail(new RobencError('unavailable', 'The thread that runs model.onnx ended with exit code 1.'));
    await assert.rejects(lost, { code: 'unavailable', message: /ended with exit code 1/ });
    await settle();
    second.finish();
    assert.equal((await next)['y']!.data[0], 2);
    assert.deepEqual([first.started, second.started, first.closed], [[1], [2], true]);
    await pool.close();
  });

  it('rejects a call, and only that one, when a worker cannot be replaced', async () => {
    const dead = new PuppetSession();
    dead.alive = false;
    const living = new PuppetSession();
    let attempts = 0;
    const open = async (): Promise<MortalSession> => {
      if (attempts++ === 0) throw new RobencError('not-found', 'There is no model file model.onnx.');
      return living;
    };
    const pool = new SessionPool([dead], open, 'model.onnx');
    await assert.rejects(pool.run(feed(1)), {
      code: 'unavailable',
      message: 'A worker of model.onnx ended and could not be started again: There is no model file model.onnx.',
    });
    const run = pool.run(feed(2));
    await settle();
    living.finish();
    assert.equal((await run)['y']!.data[0], 2);
    await pool.close();
  });

  it('finishes what runs and rejects what waits when it closes', async () => {
    const worker = new PuppetSession();
    const pool = new SessionPool([worker], () => assert.fail('no worker died'), 'model.onnx');
    const running = pool.run(feed(1));
    const waiting = pool.run(feed(2));
    await settle();
    const closing = pool.close();
    await assert.rejects(waiting, { code: 'cancelled', message: 'model.onnx is closed; open it again to run it.' });
    await assert.rejects(pool.run(feed(3)), { code: 'cancelled' });
    assert.equal(worker.closed, false);
    worker.finish();
    assert.equal((await running)['y']!.data[0], 1);
    await closing;
    assert.equal(worker.closed, true);
    await pool.close();
  });

  it('uses one worker on a device that crashes with two', async () => {
    const pool = await openPool(doubling('float32'), { workers: 3, device: 'webgpu' });
    assert.equal(pool.workers, 1);
    if (pool.device === 'cpu') assert.match(pool.notice!, /^The device webgpu does not work here: /);
    assert.equal((await pool.run(feed(2)))['y']!.data[0], 4);
    await pool.close();
  });

  it('refuses a number of workers that makes no sense, and broken models', async () => {
    for (const workers of [0, -1, 1.5, Number.NaN])
      await assert.rejects(openPool(doubling('float32'), { workers }), {
        code: 'usage',
        field: 'workers',
        message: `A pool needs 1 or more workers, got ${workers}.`,
      });
    await assert.rejects(openPool(doubling('float32').subarray(0, 30), { workers: 4 }), { code: 'bad-file' });
  });
});
