/** @file The plain loop that servers are compared with: session.run of one graph, one batch after the other, in one thread. */
import { openSession } from '@robenc/shared/runtime/session.js';
import type { Tensors } from '@robenc/shared/runtime/types.js';
import { Random } from '@robenc/shared/math/random.js';
import { answerQuestions } from './pinned.js';

export interface RawQuestion {
  readonly batch: number;
  readonly seconds: number;
}

export interface RawAnswer {
  /** Rows in a second, and in a second of processor time. */
  readonly rate: number;
  readonly processorRate: number;
  /** Of each run, in order. */
  readonly milliseconds: readonly number[];
}

const [path, outputs, side] = process.argv.slice(2) as [string, string, string];
const session = await openSession(path, { threads: 1, device: 'cpu' });

answerQuestions<RawQuestion>(async ({ batch, seconds }) => {
  const feeds = feedsOf(batch);
  await session.run(feeds, outputs.split(','));
  const milliseconds: number[] = [];
  const before = process.cpuUsage();
  const start = performance.now();
  for (let now = start; now - start < seconds * 1000;) {
    await session.run(feeds, outputs.split(','));
    const after = performance.now();
    milliseconds.push(after - now);
    now = after;
  }
  const { user, system } = process.cpuUsage(before);
  const rows = batch * milliseconds.length;
  return { rate: (rows * 1000) / (performance.now() - start), processorRate: (rows * 1e6) / (user + system), milliseconds };
});

function feedsOf(batch: number): Tensors {
  const random = new Random(batch, 'raw');
  const size = Number(side);
  const shape = [batch, 3, size, size];
  const data = Float32Array.from({ length: batch * 3 * size * size }, () => random.next());
  const label = { dtype: 'int64' as const, shape: [batch], data: new BigInt64Array(batch) };
  return { image: { dtype: 'float32', shape, data }, ...(session.inputs.some(({ name }) => name === 'label') ? { label } : {}) };
}
