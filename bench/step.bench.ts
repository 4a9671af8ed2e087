/** @file Do whole compiled training steps hold up: does the loss fall, does memory stay level, what does moving parameters cost? */
import { loadRunConfig } from '@robenc/shared/config/run.js';
import { openImageSet } from '@robenc/shared/data/open.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import { Random } from '@robenc/shared/math/random.js';
import { newBuilder } from '@robenc/shared/ops/index.js';
import { openSession } from '@robenc/shared/runtime/session.js';
import { renderBatch } from '../train/crops/batch.js';
import type { TrainingState } from '../train/engines/engine.js';
import { openEngineThread } from '../train/engines/thread.js';
import { firstState, learningRates, planOf } from '../train/run/plan.js';
import { markdownTable, median, type Bench, type BenchContext } from './bench.js';

interface Case {
  readonly title: string;
  readonly steps: number;
  readonly run: object;
}

const CASES: readonly Case[] = [
  {
    title: 'resnet-small, 4 views x 25 images, free m = 1',
    steps: 500,
    run: { batchSize: 25, views: { count: 4 }, encoder: { name: 'resnet-small' }, adversary: { name: 'free', replays: 1 } },
  },
  {
    title: 'resnet18-cifar, 16 views x 8 images, free m = 1',
    steps: 20,
    run: { batchSize: 8, views: { count: 16 }, encoder: { name: 'resnet18-cifar' }, adversary: { name: 'free', replays: 1 } },
  },
];

const bench: Bench = {
  name: 'step',
  question: 'Do whole compiled training steps hold up over hundreds of runs in one worker thread?',
  async run(context) {
    const rows = [];
    for (const entry of CASES) rows.push(await measure(entry, context));
    const head = [
      'case',
      'steps',
      'loss first tenth',
      'loss last tenth',
      'seconds a step (median)',
      'RSS after 1/5, MB',
      'RSS at the end, MB',
      'parameters, MB',
      'moving them, ms',
      'share of a step',
    ];
    return `One step is forward, backward, ascent of the perturbation, LARS and running statistics in one ONNX graph; images are the built-in data set.
Moving parameters is timed as a graph with the same parameters, statistics and slots in and out that only scales each of them, arithmetic included.\n\n${markdownTable(head, rows)}`;
  },
};
export default bench;

async function measure({ title, steps, run: settings }: Case, { note }: BenchContext): Promise<(string | number)[]> {
  const run = loadRunConfig({ ...settings, data: { name: 'shapes', limit: 2000 }, seed: 1 });
  const plan = planOf(run);
  const set = await openImageSet({ name: 'shapes', split: 'train', limit: 2000, seed: 1, size: { height: 32, width: 32, fit: 'cover' } });
  const initial = firstState(plan);
  const engine = await openEngineThread(run, initial);
  const losses: number[] = [];
  const seconds: number[] = [];
  const memory: number[] = [];
  for (let step = 0; step < steps; step++) {
    const order = new Random(1, 'bench', step).permutation(set.count).subarray(0, run.batchSize);
    const views = renderBatch(set, order, { views: run.views.count, sampler: run.views.scheme, options: {}, seed: 1, epoch: step, size: 32 });
    const started = performance.now();
    const { loss } = await engine.step({ views }, learningRates(plan, step, steps));
    seconds.push((performance.now() - started) / 1000);
    losses.push(loss);
    memory.push(process.memoryUsage.rss() / 2 ** 20);
    if (step % Math.ceil(steps / 10) === 0) note(`${title}: step ${step}, loss ${loss.toFixed(2)}, ${memory.at(-1)!.toFixed(0)} MB`);
  }
  await engine.close();
  const moving = await timeMoving(initial);
  const tenth = Math.max(1, Math.floor(steps / 10));
  const mean = (values: readonly number[]): string => (values.reduce((a, b) => a + b) / values.length).toFixed(2);
  const step = median(seconds);
  return [
    title,
    steps,
    mean(losses.slice(0, tenth)),
    mean(losses.slice(-tenth)),
    step.toFixed(3),
    memory[Math.floor(steps / 5)]!.toFixed(0),
    memory.at(-1)!.toFixed(0),
    (bytesOf(initial) / 2 ** 20).toFixed(1),
    (moving * 1000).toFixed(1),
    `${((100 * moving) / step).toFixed(1)} %`,
  ];
}

function tensorsOf({ params, encoderState, slots }: TrainingState): [string, { shape: readonly number[]; data: Float32Array }][] {
  return [params, encoderState, slots].flatMap((group, i) =>
    Object.entries(group).map(([name, tensor]) => [`${i}/${name}`, tensor] as [string, typeof tensor]),
  );
}

function bytesOf(state: TrainingState): number {
  return tensorsOf(state).reduce((total, [, { data }]) => total + data.byteLength, 0);
}

/** Median seconds of a run that takes every tensor in and gives it back scaled. */
async function timeMoving(state: TrainingState): Promise<number> {
  const g = newBuilder();
  const factor = g.input('factor', 'float32', []);
  for (const [name, { shape }] of tensorsOf(state)) g.output(`next/${name}`, g.mul(g.input(name, 'float32', shape), factor));
  const session = await openSession(toOnnx(g.build()));
  let feeds = Object.fromEntries(tensorsOf(state).map(([name, { shape, data }]) => [name, { dtype: 'float32' as const, shape, data }]));
  const times: number[] = [];
  for (let i = 0; i < 12; i++) {
    const started = performance.now();
    const results = await session.run({ ...feeds, factor: { dtype: 'float32', shape: [], data: Float32Array.of(0.999) } });
    times.push((performance.now() - started) / 1000);
    feeds = Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name.slice('next/'.length), tensor])) as typeof feeds;
  }
  await session.close();
  return median(times.slice(2));
}
