/** @file Does a long run keep its memory and its pace? */
import { join } from 'node:path';
import { loadRunConfig } from '@robenc/shared/config/run.js';
import type { StepRecord } from '../train/run/metrics.js';
import { train } from '../train/run/run.js';
import { markdownTable, median, type Bench } from './bench.js';

const PARTS = 10;

const bench: Bench = {
  name: 'memory',
  question: 'Do two epochs of a run over 50,000 images hold memory flat and the step time level?',
  async run({ note, options, scratch }) {
    const [images, epochs] = [Number(options['images'] ?? 50_000), Number(options['epochs'] ?? 2)];
    const run = loadRunConfig({
      name: 'memory',
      seed: 1,
      data: { name: 'shapes', limit: images },
      batchSize: 100,
      views: { count: 4 },
      epochs,
      encoder: { name: 'resnet-small' },
      adversary: { name: 'free', replays: 1 },
      checkpoint: { everyMinutes: 1 },
      out: join(scratch, 'memory'),
    });
    const records: StepRecord[] = [];
    const memory: number[] = [];
    const summary = await train(run, {
      signal: new AbortController().signal,
      clock: () => performance.now() / 1000,
      note,
      report: (record, steps) => {
        records.push(record);
        memory.push(process.memoryUsage.rss() / 2 ** 20);
        if (record.step % Math.ceil(steps / PARTS) === 0)
          note(`step ${record.step} of ${steps}: ${memory.at(-1)!.toFixed(0)} MB, ${record.viewsPerSecond.toFixed(0)} crops/s`);
      },
    });
    const seconds = records.map((record, i) => record.seconds - (records[i - 1]?.seconds ?? 0));
    const size = Math.max(1, Math.floor(records.length / PARTS));
    const parts = Array.from({ length: Math.min(PARTS, records.length) }, (_, part) => {
      const within = <T>(values: readonly T[]) => values.slice(part * size, (part + 1) * size);
      return { last: (part + 1) * size, memory: within(memory), seconds: within(seconds), waited: within(records.map(({ waited }) => waited)) };
    });
    const rows = parts.map((part) => [
      part.last,
      median(part.memory).toFixed(0),
      Math.max(...part.memory).toFixed(0),
      median(part.seconds).toFixed(3),
      (part.waited.reduce((a, b) => a + b, 0) / part.waited.length).toFixed(4),
    ]);
    // Warm-up is the first tenth: sessions are planned, and the first collections of garbage come.
    const [second, last] = [parts[1] ?? parts[0]!, parts.at(-1)!];
    const ratio = (of: (part: (typeof parts)[number]) => number) => (of(last) / of(second)).toFixed(3);
    return `${images.toLocaleString('en')} generated images, \`resnet-small\`, ${run.views.count} views x ${run.batchSize} images a step, ${summary.steps} steps in ${summary.minutes.toFixed(1)} minutes, by the whole training loop: views, metrics and a checkpoint every minute included.
From the second tenth of the steps to the last, memory (RSS, median) changed by a factor of **${ratio((part) => median(part.memory))}** and the step time (median) by **${ratio((part) => median(part.seconds))}**.\n\n${markdownTable(['up to step', 'RSS, MB (median)', 'RSS, MB (most)', 'seconds a step (median)', 'of which waiting for views'], rows)}`;
  },
};
export default bench;
