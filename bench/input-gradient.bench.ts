/** @file How fast are a forward pass and the gradient by the image, beside PyTorch, and how much memory do they take? */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RobencError } from '@robenc/shared/errors.js';
import { markdownTable, median, type Bench, type BenchContext } from './bench.js';
import { linesOf, pythonOf } from './peers/python.js';
import { profileText, type Profile } from './profile.js';
import { Stepper } from './peers/stepper.js';

const MODELS = [
  { name: 'resnet18-cifar', batch: 64, size: 32 },
  { name: 'resnet50', batch: 8, size: 224 },
] as const;

const HERE = join(import.meta.dirname, 'peers');

interface Step {
  readonly seconds: number;
  readonly peakMegabytes: number;
}

const bench: Bench = {
  name: 'input-gradient',
  question: 'How fast are a forward pass and the gradient by the image alone, beside PyTorch?',
  async run(context) {
    const found = pythonOf('torch');
    if ('absent' in found) throw new RobencError('usage', `This benchmark needs its peer: ${found.absent}.`);
    const [threads, pairs] = [Number(context.options['threads'] ?? 2), Number(context.options['pairs'] ?? 5)];
    const results = [];
    for (const model of MODELS) results.push({ model, ...(await measure(found.python, model, threads, pairs, context)) });
    const head = [
      'model',
      'batch',
      'robenc, s',
      'PyTorch, s',
      'throughput',
      'robenc, MB',
      'PyTorch, MB',
      'memory',
      'robenc from float64',
      'PyTorch from float64',
    ];
    const rows = results.map(({ model: { name, batch, size }, ours, theirs, peaks, distances }) => [
      `${name} ${size}×${size}`,
      batch,
      `${median(ours).toFixed(2)} (${Math.min(...ours).toFixed(2)}-${Math.max(...ours).toFixed(2)})`,
      `${median(theirs).toFixed(2)} (${Math.min(...theirs).toFixed(2)}-${Math.max(...theirs).toFixed(2)})`,
      `${(median(theirs) / median(ours)).toFixed(2)}×`,
      peaks[0].toFixed(0),
      peaks[1].toFixed(0),
      `${(peaks[0] / peaks[1]).toFixed(2)}×`,
      ...distances.map((distance) => distance.toExponential(1)),
    ]);
    return `Loss, forward pass and gradient by the image; the weights of PyTorch (eager) ask for no gradient. ${threads} threads each; steps of the two alternate in one run, after two of each that do not count; medians of ${pairs}, least and most in brackets.
Memory is the peak of each process from its start (VmHWM): robenc's includes reading and differentiating the file, PyTorch's making the model.
The last columns are relative L2 distances of the gradient from PyTorch's in float64: of millions of ReLUs a few lie so close to zero that float32 puts them on the other side, for either.

${markdownTable(head, rows)}
${results.map(({ model, profile }) => profileText(model.name, profile)).join('')}`;
  },
};
export default bench;

async function measure(
  python: string,
  { name, batch, size }: (typeof MODELS)[number],
  threads: number,
  pairs: number,
  { scratch, options, note }: BenchContext,
) {
  const folder = join(options['models'] ?? scratch, name);
  mkdirSync(folder, { recursive: true });
  const script = join(HERE, 'gradient_peer.py');
  if (!existsSync(join(folder, 'model.onnx'))) execFileSync(python, [script, name, folder, '--export'], { stdio: ['ignore', 'ignore', 'ignore'] });
  const peer = new Stepper(python, [script, name, folder, '--threads', String(threads)]);
  await peer.ask();
  const own = new Stepper(process.execPath, ['--import', 'tsx', join(HERE, 'gradient-worker.ts'), folder, String(threads), String(batch), String(size)]);
  await own.ask();
  const [ours, theirs]: [number[], number[]] = [[], []];
  let peaks: readonly [number, number] = [0, 0];
  for (let pair = -2; pair < pairs; pair++) {
    const [a, b] = [(await own.ask('step')) as Step, (await peer.ask('step')) as Step];
    note(`${name}: robenc ${a.seconds.toFixed(2)} s, PyTorch ${b.seconds.toFixed(2)} s`);
    peaks = [a.peakMegabytes, b.peakMegabytes];
    if (pair < 0) continue;
    ours.push(a.seconds);
    theirs.push(b.seconds);
  }
  for (const process of [own, peer]) {
    await process.ask('gradient');
    process.close();
  }
  const exact = read(join(folder, 'gradient64.f32'));
  const distances = ['gradient-robenc.f32', 'gradient.f32'].map((file) => relative(read(join(folder, file)), exact));
  let profile: Profile | null = null;
  for await (const line of linesOf(python, 'profile_gradient.py', [join(folder, 'gradient.onnx'), String(batch), '--threads', String(threads)]))
    profile = line as Profile;
  return { ours, theirs, peaks, distances, profile: profile! };
}

function read(path: string): Float32Array {
  return new Float32Array(new Uint8Array(readFileSync(path)).buffer);
}

/** Relative L2 distance. */
function relative(got: Float32Array, wanted: Float32Array): number {
  let [distance, size] = [0, 0];
  for (const [i, value] of wanted.entries()) {
    distance += (got[i]! - value) ** 2;
    size += value ** 2;
  }
  return Math.sqrt(distance / size);
}
