/** @file How fast are AutoAttack's standard version and PGD-20 beside PyTorch's programs? */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pgd } from '@robenc/shared/attacks/pgd.js';
import { RobencError } from '@robenc/shared/errors.js';
import { openOracle } from '@robenc/shared/evaluation/oracle.js';
import { fromOnnx } from '@robenc/shared/graph/from-onnx.js';
import { argmaxRows } from '@robenc/shared/math/logits.js';
import { Random } from '@robenc/shared/math/random.js';
import { markdownTable, median, type Bench, type BenchContext } from './bench.js';
import { linesOf, pythonOf } from './peers/python.js';
import { Stepper } from './peers/stepper.js';

const HERE = join(import.meta.dirname, 'peers');
const CLI = join(import.meta.dirname, '../cli/robenc.mjs');
const THREADS = '2';

const bench: Bench = {
  name: 'attack-speed',
  question: "How fast are AutoAttack's standard version on 200 images and PGD-20 on 64, beside PyTorch's programs?",
  async run(context) {
    const { model, data, levels = '8', turns = '2' } = context.options;
    const found = pythonOf('torch');
    if ('absent' in found) throw new RobencError('usage', `This benchmark needs its peers: ${found.absent}.`);
    if (model === undefined || data === undefined)
      throw new RobencError('usage', 'Give --model=FILE.onnx, a classifier of ours, and --data=DIR, a folder with test/ of class folders of PNG images.');
    const standard = await compareStandard(
      found.python,
      { model: resolve(model), data: resolve(data), epsilon: Number(levels) / 255, turns: Number(turns) },
      context,
    );
    const steps = await comparePgd(found.python, Number(turns), context);
    return `${THREADS} threads each, the programs in turns; medians. Times of AutoAttack are those of its stages, of robenc that of the whole audit from reading the model on.

${markdownTable(['attack', 'model', 'robenc, s', 'PyTorch, s', 'program', "robenc's speed"], [...standard, ...steps])}`;
  },
};
export default bench;

interface Standard {
  readonly model: string;
  readonly data: string;
  readonly epsilon: number;
  readonly turns: number;
}

async function compareStandard(python: string, { model, data, epsilon, turns }: Standard, { scratch, note }: BenchContext): Promise<(string | number)[][]> {
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let turn = 0; turn < turns; turn++) {
    const out = join(scratch, 'standard');
    rmSync(out, { recursive: true, force: true });
    const flags = ['--data', data, '--split', 'test', '--limit', '200', '--preset', 'standard', '--eps', String(epsilon), '--workers', THREADS];
    execFileSync(process.execPath, [CLI, 'audit', model, ...flags, '--out', out], { stdio: ['ignore', 'ignore', 'ignore'] });
    ours.push((JSON.parse(readFileSync(join(out, 'audit.json'), 'utf8')) as { seconds: number }).seconds);
    for await (const line of linesOf(python, 'attack_peer.py', ['autoattack', model, join(data, 'test'), String(epsilon), '0', THREADS, '200']))
      theirs.push((line as { stages: { seconds: number }[] }).stages.reduce((sum, { seconds }) => sum + seconds, 0));
    note(`standard: robenc ${ours.at(-1)!.toFixed(0)} s, AutoAttack ${theirs.at(-1)!.toFixed(0)} s`);
  }
  return [
    [
      'standard, 200 images',
      'resnet-small',
      median(ours).toFixed(0),
      median(theirs).toFixed(0),
      'pyautoattack',
      `${(median(theirs) / median(ours)).toFixed(2)}×`,
    ],
  ];
}

/** A radius at which hardly an image gives way, so that all programs take all steps on all images. */
const SMALL = 0.02 / 255;
const [COUNT, SIZE] = [64, 32];

async function comparePgd(python: string, turns: number, { scratch, note }: BenchContext): Promise<(string | number)[][]> {
  const run = join(scratch, 'resnet18');
  const robenc = (...args: string[]) => execFileSync(process.execPath, [CLI, ...args], { stdio: ['ignore', 'ignore', 'ignore'], cwd: scratch });
  const trained = ['--dataset', 'shapes', '--limit', '200', '--batch-size', '10', '--max-steps', '0', '--encoder', 'resnet18-cifar'];
  robenc('train', ...trained, '--name', 'resnet18', '--out', run);
  robenc('fit-head', run, '--limit', '200', '--crops', '0');
  robenc('export', run, '--models', 'models');
  const path = join(scratch, 'models/resnet18/1/classifier.onnx');
  const random = new Random(1, 'pgd speed');
  const data = Float32Array.from({ length: COUNT * 3 * SIZE * SIZE }, () => random.next());
  const images = join(scratch, 'images.f32');
  writeFileSync(images, new Uint8Array(data.buffer));
  const peers = ['torchattacks', 'foolbox'].map((library) => ({
    library,
    stepper: new Stepper(python, [join(HERE, 'pgd_peer.py'), library, path, images, String(COUNT), String(SIZE), String(SMALL), THREADS]),
    seconds: [] as number[],
  }));
  for (const { stepper } of peers) await stepper.ask();
  const oracle = await openOracle(fromOnnx(path), { workers: Number(THREADS) });
  const ours: number[] = [];
  try {
    // As an audit cuts its images: one part for each worker.
    const parts = Array.from({ length: Number(THREADS) }, (_, i) => partOf(data, i, COUNT / Number(THREADS)));
    const labels = await Promise.all(parts.map(async (x) => Int32Array.from(argmaxRows(await oracle.forward(x), oracle.classes))));
    const options = pgd.complete({ epsilon: SMALL, steps: 20, stepSize: SMALL / 4, earlyStop: false });
    for (let turn = -1; turn < 2 * turns + 1; turn++) {
      const started = performance.now();
      await Promise.all(parts.map((x, i) => pgd.run({ oracle, x, labels: labels[i]!, options, seed: 1 })));
      if (turn >= 0) ours.push((performance.now() - started) / 1000);
      for (const { stepper, seconds } of peers) {
        const step = (await stepper.ask('step')) as { seconds: number };
        if (turn >= 0) seconds.push(step.seconds);
      }
      note(
        `PGD-20: robenc ${(ours.at(-1) ?? 0).toFixed(1)} s, ${peers.map(({ library, seconds }) => `${library} ${(seconds.at(-1) ?? 0).toFixed(1)} s`).join(', ')}`,
      );
    }
  } finally {
    await oracle.close();
    for (const { stepper } of peers) stepper.close();
  }
  return peers.map(({ library, seconds }) => [
    'PGD-20, 64 images',
    'resnet18-cifar',
    median(ours).toFixed(1),
    median(seconds).toFixed(1),
    library,
    `${(median(seconds) / median(ours)).toFixed(2)}×`,
  ]);
}

function partOf(data: Float32Array, part: number, count: number) {
  const size = 3 * SIZE * SIZE;
  return {
    count,
    shape: [3, SIZE, SIZE],
    data: data.slice(part * count * size, (part + 1) * count * size),
    ids: Array.from({ length: count }, (_, i) => part * count + i),
  };
}
