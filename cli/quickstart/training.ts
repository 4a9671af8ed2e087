/** @file The first half of the quickstart: train, fit heads, evaluate, export; and the same heads on the untrained encoder. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { EvaluationReport } from '@robenc/shared/config/evaluation.js';
import type { Manifest } from '@robenc/shared/config/manifest.js';
import { openImageSet } from '@robenc/shared/data/open.js';
import { imageAt } from '@robenc/shared/data/image-set.js';
import { writeFileAtomic } from '@robenc/shared/files.js';
import { encodePng } from '@robenc/shared/images/decode.js';
import { robenc } from './command.js';

export interface TrainingOptions {
  readonly data?: string | undefined;
  readonly out: string;
  readonly models: string;
  readonly seed: string;
}

interface Score {
  readonly clean: number;
  readonly cleanInterval: readonly [number, number];
  readonly robust: number;
  readonly robustInterval: readonly [number, number];
}

export interface Scores {
  readonly trained: Score;
  readonly untrained: Score;
  /** The aggregate over crops of the trained encoder. */
  readonly aggregate: Score;
  readonly images: number;
  readonly parity: Manifest['parity'];
  readonly package: { readonly folder: string; readonly name: string; readonly version: string };
  readonly trainSummary: {
    readonly minutes: number;
    readonly imagesSeen: number;
    readonly folder: string;
    readonly steps: number;
    readonly stepsPlanned: number;
  };
  /** A test image as a PNG file. */
  readonly sample: string;
  readonly data: string;
  readonly summary: object;
}

const RUN_FILE = 'configs/quickstart.json';
/** Radius and steps of the attack in the table. */
export const EPSILON = '4/255';
const STEPS = '10';
const HELD_OUT = 0.2;

export async function trainAndScore({ data, out, models, seed }: TrainingOptions): Promise<Scores> {
  // A folder that has no test images of its own gives a fifth of each class; the score is never of images that training saw.
  const source = data === undefined ? [] : ['--data', data, '--hold-out', String(HELD_OUT)];
  const base = join(out, 'untrained');
  const run = join(out, 'trained');
  mkdirSync(out, { recursive: true });
  await robenc('train', RUN_FILE, ...source, '--seed', seed, '--max-steps', '0', '--out', base, '--force');
  const untrained = await score(base, source, seed, ['image']);
  const trainSummary = await robenc<Scores['trainSummary']>('train', RUN_FILE, ...source, '--seed', seed, '--out', run, '--force');
  const trained = await score(run, source, seed, ['image', 'aggregate-image']);
  const exported = await robenc<Scores['package'] & { parity: Manifest['parity'] }>('export', run, '--models', models);
  const sample = await writeSample(out, data, Number(seed));
  const [image, aggregate] = [scoreOf(trained, 'image'), scoreOf(trained, 'aggregate-image')];
  const before = scoreOf(untrained, 'image');
  return {
    trained: image,
    untrained: before,
    aggregate,
    images: trained.data.images,
    parity: exported.parity,
    package: exported,
    trainSummary,
    sample,
    data: data ?? 'shapes',
    summary: {
      epsilon: EPSILON,
      images: trained.data.images,
      untrained: before,
      trained: image,
      aggregate,
      package: exported.folder,
      run,
      sample,
      trainingMinutes: trainSummary.minutes,
      imagesSeen: trainSummary.imagesSeen,
      batches: trainSummary.steps,
      batchesPlanned: trainSummary.stepsPlanned,
    },
  };
}

async function score(run: string, source: readonly string[], seed: string, threats: readonly string[]): Promise<EvaluationReport> {
  await robenc('fit-head', run, ...source, '--limit', '2000', '--crops', threats.length > 1 ? '8' : '0', '--seed', seed, '--force');
  return robenc<EvaluationReport>(
    'evaluate',
    run,
    ...source,
    '--limit',
    '500',
    '--eps',
    EPSILON,
    '--steps',
    STEPS,
    '--threats',
    threats.join(','),
    '--seed',
    seed,
    '--out',
    join(run, 'evaluation'),
    '--force',
  );
}

function scoreOf({ results }: EvaluationReport, threatModel: string): Score {
  const result = results.find((entry) => entry.threatModel === threatModel)!;
  return { clean: result.cleanAccuracy, cleanInterval: result.cleanInterval, robust: result.robustAccuracy, robustInterval: result.interval };
}

/** One test image as a file, to ask the server about. */
async function writeSample(out: string, data: string | undefined, seed: number): Promise<string> {
  const set = await openImageSet({
    ...(data === undefined ? { name: 'shapes' } : { path: data }),
    split: 'test',
    ...(data === undefined ? {} : { holdOut: HELD_OUT }),
    limit: 10,
    seed,
    size: { height: 32, width: 32, fit: 'cover' },
  });
  const path = join(out, 'sample.png');
  writeFileAtomic(path, await encodePng(imageAt(set, 0)));
  return path;
}
