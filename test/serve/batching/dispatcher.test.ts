/** @file The dispatcher: batches without waiting, answers to whom they belong, and failures that stay with their cause. */
import assert from 'node:assert/strict';
import { Dispatcher, type Runner } from '@robenc/serve/batching/dispatcher.js';
import type { TensorData } from '@robenc/shared/graph/value.js';
import type { RunOptions as SessionRunOptions, Tensors } from '@robenc/shared/runtime/types.js';

const column = (...values: number[]): TensorData => ({ dtype: 'float32', shape: [values.length, 1], data: Float32Array.from(values) });
const numbers = (answers: Tensors) => [...(answers['y']!.data as Float32Array)];

/** Doubles its input when told to go on; remembers the batches it saw; refuses batches that hold `poison`. */
class Doubler implements Runner {
  readonly batches: number[][] = [];
  /** The memory of each batch. */
  readonly memory: ArrayBufferLike[] = [];
  readonly #gates: (() => void)[] = [];
  readonly id: string;
  readonly #poison: number | null;

  constructor({ id = 'doubler', poison = null }: { id?: string; poison?: number | null } = {}) {
    this.id = id;
    this.#poison = poison;
  }

  async run({ x }: Tensors, { reclaim }: SessionRunOptions = {}): Promise<Tensors> {
    this.memory.push(x!.data.buffer);
    const values = [...(x!.data as Float32Array)];
    this.batches.push(values);
    await new Promise<void>((resolve) => this.#gates.push(resolve));
    if (this.#poison !== null && values.includes(this.#poison)) throw new Error('poisoned');
    reclaim?.(x!.data.buffer as ArrayBuffer);
    return { y: column(...values.map((value) => 2 * value)) };
  }

  /** Lets the runs that have started end, and those that start because of it. */
  async goOn(rounds = 1): Promise<void> {
    for (let i = 0; i < rounds; i++) {
      for (const open of this.#gates.splice(0)) open();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

describe('Dispatcher', () => {
  const create = (slots = 1, batchRows = 4) => new Dispatcher({ slots, batchRows, now: () => 0 });

  it('a lone job starts at once; what comes while it runs forms one batch', async () => {
    const dispatcher = create();
    const runner = new Doubler();
    const first = dispatcher.run(runner, { x: column(1) });
    assert.deepEqual(runner.batches, [[1]]);
    const others = [2, 3, 4].map((value) => dispatcher.run(runner, { x: column(value) }));
    assert.equal(dispatcher.waitingRows, 3);
    await runner.goOn(2);
    assert.deepEqual(runner.batches, [[1], [2, 3, 4]]);
    // Memory that a runner gives back is used for the next batch.
    assert.equal(runner.memory[0], runner.memory[1]);
    assert.deepEqual([numbers(await first), ...(await Promise.all(others)).map(numbers)], [[2], [4], [6], [8]]);
  });

  it('never runs more batches at once than it has slots', async () => {
    const dispatcher = create(2, 1);
    const runner = new Doubler();
    const all = Promise.all([1, 2, 3, 4, 5].map((value) => dispatcher.run(runner, { x: column(value) })));
    assert.equal(runner.batches.length, 2);
    await runner.goOn(3);
    assert.deepEqual((await all).map(numbers).flat(), [2, 4, 6, 8, 10]);
  });

  it('a job of many rows is cut into batches and put together again', async () => {
    const dispatcher = create(1, 4);
    const runner = new Doubler();
    const values = Array.from({ length: 10 }, (_, i) => i);
    const answer = dispatcher.run(runner, { x: column(...values) });
    await runner.goOn(3);
    assert.deepEqual(
      runner.batches.map((batch) => batch.length),
      [4, 4, 2],
    );
    const answers = await answer;
    assert.deepEqual(
      numbers(answers),
      values.map((value) => 2 * value),
    );
    assert.deepEqual(answers['y']!.shape, [10, 1]);
  });

  it('jobs of different runners never share a batch', async () => {
    const dispatcher = create();
    const [a, b] = [new Doubler({ id: 'a' }), new Doubler({ id: 'b' })];
    const all = [dispatcher.run(a, { x: column(1) }), dispatcher.run(b, { x: column(2) }), dispatcher.run(a, { x: column(3) })];
    for (let i = 0; i < 3; i++) await Promise.all([a.goOn(), b.goOn()]);
    assert.deepEqual([a.batches, b.batches], [[[1], [3]], [[2]]]);
    assert.deepEqual((await Promise.all(all)).map(numbers), [[2], [4], [6]]);
  });

  it('a job that is called off while it waits is never run', async () => {
    const dispatcher = create();
    const runner = new Doubler();
    const abort = new AbortController();
    const first = dispatcher.run(runner, { x: column(1) });
    const dropped = dispatcher.run(runner, { x: column(2) }, { signal: abort.signal });
    const kept = dispatcher.run(runner, { x: column(3) });
    abort.abort();
    await assert.rejects(dropped, /given up/);
    await runner.goOn(2);
    await Promise.all([first, kept]);
    assert.deepEqual(runner.batches, [[1], [3]]);
    await assert.rejects(dispatcher.run(runner, { x: column(4) }, { signal: abort.signal }), /given up/);
    assert.equal(runner.batches.length, 2);
  });

  it('a job that is called off while it runs is not waited for, and the next batch comes when the run has ended', async () => {
    const dispatcher = create();
    const runner = new Doubler();
    const over = new AbortController();
    const first = dispatcher.run(runner, { x: column(1) }, { signal: over.signal });
    const second = dispatcher.run(runner, { x: column(2) });
    over.abort(new Error('too late'));
    await assert.rejects(first, /too late/);
    assert.deepEqual(runner.batches, [[1]]);
    await runner.goOn(2);
    assert.deepEqual(numbers(await second), [4]);
    assert.deepEqual(runner.batches, [[1], [2]]);
  });

  it('when a batch fails, each of its jobs is tried alone and only the bad one fails', async () => {
    const dispatcher = create();
    const runner = new Doubler({ poison: 3 });
    const first = dispatcher.run(runner, { x: column(1) });
    const others = [2, 3, 4].map((value) => dispatcher.run(runner, { x: column(value) }));
    const settled = Promise.allSettled(others);
    await runner.goOn(6);
    await first;
    assert.deepEqual(
      (await settled).map((result) => (result.status === 'fulfilled' ? numbers(result.value)[0] : 'failed')),
      [4, 'failed', 8],
    );
  });

  it('an answer with another number of rows than was asked is refused', async () => {
    const dispatcher = create();
    const runner: Runner = { id: 'short', run: () => Promise.resolve({ y: column(1) }) };
    await assert.rejects(dispatcher.run(runner, { x: column(1, 2) }), /short answered 1 rows for 2/);
  });

  it('a batch that takes longer than twice the longest before and a second is stuck, and no other', async () => {
    let time = 0;
    const dispatcher = new Dispatcher({ slots: 1, batchRows: 4, now: () => time });
    const runner = new Doubler();
    const first = dispatcher.run(runner, { x: column(1) });
    time += 5_000;
    assert.equal(dispatcher.stuck(6_000), null);
    await runner.goOn();
    await first;
    const second = dispatcher.run(runner, { x: column(1) });
    time += 10_999;
    assert.equal(dispatcher.stuck(1_000), null);
    time += 2;
    assert.deepEqual(dispatcher.stuck(1_000), { runner: runner.id, ms: 11_001 });
    assert.equal(dispatcher.stuck(20_000), null);
    await runner.goOn();
    await second;
    assert.equal(dispatcher.stuck(1_000), null);
  });

  it('the time to come back grows with what waits, by the time that rows took', async () => {
    let time = 0;
    const dispatcher = new Dispatcher({ slots: 1, batchRows: 4, now: () => time });
    const runner = new Doubler();
    for (let i = 0; i < 30; i++) {
      const answer = dispatcher.run(runner, { x: column(1) });
      time += 100;
      await runner.goOn();
      await answer;
    }
    assert.ok(Math.abs(dispatcher.retryAfterMs - 400) < 10, String(dispatcher.retryAfterMs));
    const all = Array.from({ length: 9 }, () => dispatcher.run(runner, { x: column(1) }));
    assert.ok(Math.abs(dispatcher.retryAfterMs - 1_200) < 20, String(dispatcher.retryAfterMs));
    await runner.goOn(4);
    await Promise.all(all);
  });
});
