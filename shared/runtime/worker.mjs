/** @file The first thing that a worker thread runs. From sources it registers tsx, which `new Worker('x.ts')` cannot do by itself. */
import { workerData } from 'node:worker_threads';

if (workerData.module.endsWith('.ts')) {
  const { register } = await import('tsx/esm/api');
  register();
}
await import(workerData.module);
