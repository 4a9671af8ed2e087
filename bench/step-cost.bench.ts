/** @file Does the cost of a training step grow in proportion to crops, images and replays? */
import { loadRunConfig } from '@robenc/shared/config/run.js';
import { openImageSet } from '@robenc/shared/data/open.js';
import { viewBatches } from '../train/crops/pipeline.js';
import { openEngineThread } from '../train/engines/thread.js';
import { firstState, learningRates, planOf } from '../train/run/plan.js';
import { markdownTable, type Bench } from './bench.js';

interface Size {
  readonly crops: number;
  readonly images: number;
  readonly replays: number;
}

const USUAL: Size = { crops: 8, images: 32, replays: 2 };
const CURVES: readonly { readonly axis: keyof Size; readonly values: readonly number[] }[] = [
  { axis: 'crops', values: [2, 4, 8, 16, 32] },
  { axis: 'images', values: [8, 16, 32, 64, 128] },
  { axis: 'replays', values: [1, 2, 3, 5, 8] },
];
/** The first steps of a session are slower: its memory grows. */
const WARM_UP = 2;

const bench: Bench = {
  name: 'step-cost',
  question: 'Does the cost of a training step grow in proportion to crops, images and replays?',
  async run({ options, note }) {
    const [encoder, steps] = [options['encoder'] ?? 'resnet-small', Number(options['steps'] ?? 10)];
    const sections = [];
    for (const { axis, values } of CURVES) {
      const seconds: number[] = [];
      for (const value of values) {
        seconds.push(await secondsOf(encoder, { ...USUAL, [axis]: value }, steps));
        note(`${axis} ${value}: ${seconds.at(-1)!.toFixed(3)} s`);
      }
      const { slope, start, worst } = line(values, seconds);
      const rows = values.map((value, i) => [value, seconds[i]!.toFixed(3), ((1000 * seconds[i]!) / value).toFixed(1), (start + slope * value).toFixed(3)]);
      sections.push(
        `## ${axis}\n\nA straight line fits to within ${(100 * worst).toFixed(0)} %: ${(1000 * start).toFixed(0)} ms and ${(1000 * slope).toFixed(1)} ms for each.\n\n${markdownTable([axis, 'seconds a step', 'ms for each', 'line, seconds'], rows)}`,
      );
    }
    return `CF-AMC-SSL with \`${encoder}\`, whole steps with the rendering of their views: ${Object.entries(USUAL)
      .map(([name, value]) => `${value} ${name}`)
      .join(
        ', ',
      )}, but for the one that varies. The least of ${steps - WARM_UP} steps, which other work on the machine lengthens least; lines are fitted to relative errors.\n\n${sections.join('\n\n')}`;
  },
};
export default bench;

async function secondsOf(encoder: string, { crops, images, replays }: Size, steps: number): Promise<number> {
  const run = loadRunConfig({ seed: 1, batchSize: images, views: { count: crops }, encoder: { name: encoder }, adversary: { name: 'free', replays } });
  const plan = planOf(run);
  const { size } = run.data;
  const set = await openImageSet({ name: 'shapes', split: 'train', limit: 512, seed: 1, size: { height: size, width: size, fit: 'cover' } });
  const { views, batchSize, seed } = run;
  const batches = viewBatches(set, { views: views.count, sampler: views.scheme, options: views.options, batchSize, seed, size, start: { epoch: 0, step: 0 } });
  const engine = await openEngineThread(run, firstState(plan));
  const seconds: number[] = [];
  for (let step = 0; step < steps; step++) {
    const started = performance.now();
    const { value } = await batches.next();
    await engine.step({ views: value!.views }, learningRates(plan, step, steps));
    seconds.push((performance.now() - started) / 1000);
  }
  await batches.return();
  await engine.close();
  return Math.min(...seconds.slice(WARM_UP));
}

/** The line start + slope · x with the least squares of relative errors, and the largest of these. */
function line(x: readonly number[], y: readonly number[]): { slope: number; start: number; worst: number } {
  const weights = y.map((value) => 1 / value ** 2);
  const sum = (of: (i: number) => number): number => x.reduce((total, _, i) => total + weights[i]! * of(i), 0);
  const [w, wx, wy] = [sum(() => 1), sum((i) => x[i]!), sum((i) => y[i]!)];
  const [wxx, wxy] = [sum((i) => x[i]! ** 2), sum((i) => x[i]! * y[i]!)];
  const slope = (w * wxy - wx * wy) / (w * wxx - wx ** 2);
  const start = (wy - slope * wx) / w;
  return { slope, start, worst: Math.max(...x.map((value, i) => Math.abs(start + slope * value - y[i]!) / y[i]!)) };
}
