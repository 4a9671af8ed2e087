/** @file How fast is a whole step of robust EMP-SSL, data included, beside PyTorch, eager and compiled? */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { RobencError } from '@robenc/shared/errors.js';
import { markdownTable, median, type Bench, type BenchContext } from './bench.js';
import { linesOf, pythonOf } from './peers/python.js';
import { Stepper } from './peers/stepper.js';
import { profileText, type Profile } from './profile.js';

const HERE = join(import.meta.dirname, 'peers');
const VIEWS = 16;
const BATCH = 8;

interface Step {
  readonly seconds: number;
  readonly loss: number;
  readonly peakMegabytes: number;
}

/** Each is measured in one run with all its peers, step by step in turns. */
const CASES = [
  {
    title: 'CF-AMC-SSL, 3 replays',
    adversary: { name: 'free', replays: 3 },
    peers: { 'PyTorch eager': ['free'], 'eager, channels last': ['free', '--channels-last'], 'torch.compile': ['free', '--compile'] },
  },
  {
    title: 'EMP-SSL with PGD-5',
    adversary: { name: 'pgd', steps: 5 },
    peers: { "eager, as the paper's code": ['pgd', '--paper'], 'PyTorch eager': ['pgd'] },
  },
] as const;

const bench: Bench = {
  name: 'train-step',
  question: 'How fast is a training step of ResNet-18 on 16 crops of 8 images, data included, beside PyTorch?',
  async run(context) {
    const found = pythonOf('torch');
    if ('absent' in found) throw new RobencError('usage', `This benchmark needs its peer: ${found.absent}.`);
    const rows = [];
    for (const entry of CASES) rows.push(...(await measure(found.python, entry, context)));
    const profile = await profileOf(found.python, context);
    const head = ['step', 'program', 'seconds, median (least-most)', 'crops a second', "robenc's speed", 'peak MB', "robenc's memory"];
    return `\`resnet18-cifar\`, embedding 4096, projection 1024, LARS, ${context.options['threads'] ?? 2} threads each; every step renders its ${VIEWS} views of ${BATCH} images, and the programs take turns. The first two steps of each do not count.
Crops count once for every optimizer step. Peak memory is that of the whole process (VmHWM). PyTorch's loader has one process of its own.

${markdownTable(head, rows)}
${profile}`;
  },
};
export default bench;

/** Of one replay with its optimizer step, by the runtime's own profiler (which costs a little itself). */
async function profileOf(python: string, { options, scratch }: BenchContext): Promise<string> {
  const threads = options['threads'] ?? '2';
  const path = join(scratch, 'step.onnx');
  const run = { batchSize: BATCH, views: { count: VIEWS }, encoder: { name: 'resnet18-cifar' }, adversary: { name: 'free' } };
  execFileSync(process.execPath, ['--import', 'tsx', join(HERE, 'train-worker.ts'), JSON.stringify(run), path], { stdio: ['ignore', 'ignore', 'inherit'] });
  for await (const line of linesOf(python, 'profile_gradient.py', [path, '1', '--threads', threads])) return profileText('one replay', line as Profile);
  throw new Error('The profile is empty.');
}

async function measure(python: string, { title, adversary, peers }: (typeof CASES)[number], { options, note }: BenchContext): Promise<(string | number)[][]> {
  const threads = Number(options['threads'] ?? 2);
  const turns = Number(options['turns'] ?? 5);
  const run = { engine: { threads }, batchSize: BATCH, views: { count: VIEWS }, encoder: { name: 'resnet18-cifar' }, adversary };
  const programs = [
    { name: 'robenc', stepper: new Stepper(process.execPath, ['--import', 'tsx', join(HERE, 'train-worker.ts'), JSON.stringify(run)]) },
    ...Object.entries(peers).map(([name, flags]) => ({
      name,
      stepper: new Stepper(python, [
        join(HERE, 'train_peer.py'),
        ...(flags as readonly string[]),
        '--threads',
        String(threads),
        '--views',
        String(VIEWS),
        '--batch',
        String(BATCH),
      ]),
    })),
  ];
  const steps = programs.map(() => [] as Step[]);
  for (const { stepper } of programs) await stepper.ask();
  for (let turn = -2; turn < turns; turn++)
    for (const [i, { name, stepper }] of programs.entries()) {
      const step = (await stepper.ask('step')) as Step;
      note(`${title}: ${name} ${step.seconds.toFixed(2)} s, loss ${step.loss.toFixed(1)}`);
      if (turn >= 0) steps[i]!.push(step);
    }
  for (const { stepper } of programs) stepper.close();
  const middle = steps.map((own) => median(own.map(({ seconds }) => seconds)));
  const peak = steps.map((own) => own.at(-1)!.peakMegabytes);
  const replays = adversary.name === 'free' ? adversary.replays : 1;
  return programs.map(({ name }, i) => {
    const seconds = steps[i]!.map((step) => step.seconds);
    return [
      title,
      name,
      `${middle[i]!.toFixed(2)} (${Math.min(...seconds).toFixed(2)}-${Math.max(...seconds).toFixed(2)})`,
      ((VIEWS * BATCH * replays) / middle[i]!).toFixed(1),
      i === 0 ? '' : `${(middle[i]! / middle[0]!).toFixed(2)}×`,
      peak[i]!.toFixed(0),
      i === 0 ? '' : `${(peak[0]! / peak[i]!).toFixed(2)}×`,
    ];
  });
}
