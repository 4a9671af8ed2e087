/** @file A program for tests: opens sessions in threads and then ends, in the way that the argument names. */
import { openPool } from '@robenc/shared/runtime/pool.js';
import type { Session } from '@robenc/shared/runtime/types.js';
import { openWorkerSession } from '@robenc/shared/runtime/worker-session.js';
import { doubling, float32, slow, tensor } from './models.js';

const scenario = process.argv[2];
const session: Session = scenario === 'pool' ? await openPool(doubling('float32'), { workers: 2 }) : await openWorkerSession(doubling('float32'));
console.log('opened');
const run = async (): Promise<void> => {
  const { y } = await session.run({ x: float32([1], 4) });
  if (y!.data[0] === 8) console.log('ran');
};
if (scenario === 'pool') await run();
// Nothing waits for this run but the session itself.
else if (scenario !== 'idle') void run();
if (scenario === 'closed') {
  await session.close();
  console.log('closed');
}
if (scenario === 'exit' || scenario === 'error') {
  const busy = await openWorkerSession(slow(60), { threads: 1 });
  const n = 256;
  for (let call = 0; call < 100; call++) void busy.run({ x: tensor('float32', [n, n], new Float32Array(n * n).fill(1 / n)) });
  setTimeout(() => {
    if (scenario === 'exit') process.exit(5);
    throw new Error('as asked');
  }, 30);
}
