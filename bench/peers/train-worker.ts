/** @file A process that trains as a run file (JSON, the first argument) says: `step` on standard input takes one batch and prints seconds, loss and peak memory. With a second argument it writes the compiled step there and stops. */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { writeFileAtomic } from '@robenc/shared/files.js';
import { loadRunConfig } from '@robenc/shared/config/run.js';
import { openImageSet } from '@robenc/shared/data/open.js';
import { viewBatches } from '../../train/crops/pipeline.js';
import { planFor } from '../../train/engines/step-plan.js';
import { openEngineThread } from '../../train/engines/thread.js';
import { firstState, learningRates, planOf } from '../../train/run/plan.js';

const run = loadRunConfig(JSON.parse(process.argv[2]!) as object);
const plan = planOf(run);
const size = run.data.size;
const set = await openImageSet({ name: 'shapes', split: 'train', limit: 512, seed: 1, size: { height: size, width: size, fit: 'cover' } });
if (process.argv[3] !== undefined) {
  const { params, encoderState: state, slots } = firstState(plan);
  writeFileAtomic(process.argv[3], (await planFor('cpu', plan.spec, { params, state, slots }, run.engine)).step.bytes);
  process.exit(0);
}
const engine = await openEngineThread(run, firstState(plan), run.engine.threads === undefined ? {} : { threads: run.engine.threads });
const { views, batchSize, seed } = run;
const batches = viewBatches(set, { views: views.count, sampler: views.scheme, options: views.options, batchSize, seed, size, start: { epoch: 0, step: 0 } });
console.log(JSON.stringify({ ready: true, device: engine.device }));
for await (const word of createInterface({ input: process.stdin })) {
  if (word !== 'step') break;
  const started = performance.now();
  const { value } = await batches.next();
  const { loss } = await engine.step({ views: value!.views }, learningRates(plan, 0, 1000));
  console.log(JSON.stringify({ seconds: (performance.now() - started) / 1000, loss, peakMegabytes: peakMegabytes() }));
}
await batches.return();
await engine.close();

/** VmHWM: the most memory that this process has held so far. */
function peakMegabytes(): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 1024;
}
