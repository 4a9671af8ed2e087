/** @file Packages of encoders after next to no training: sizes and times do not depend on what the weights are. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openPackage } from '@robenc/shared/package/open.js';
import { robenc } from '../cli/quickstart/command.js';

/** Encoders and the least training that makes a run of each. */
export const UNTRAINED = { 'resnet18-cifar': '1', 'resnet-small': '8' } as const;

export type Untrained = keyof typeof UNTRAINED;

/** Trains a few steps and fits both heads (2 crops). Resolves to the folder of the run, below `folder`. */
export async function untrainedRun(encoder: Untrained, folder: string): Promise<string> {
  const file = join(folder, `${encoder}.json`);
  const run = join(folder, encoder);
  const quickstart = JSON.parse(readFileSync('configs/quickstart.json', 'utf8')) as object;
  writeFileSync(file, JSON.stringify({ ...quickstart, name: encoder, batchSize: 16, encoder: { name: encoder } }));
  await robenc('train', file, '--max-steps', UNTRAINED[encoder], '--limit', '64', '--out', run, '--force');
  await robenc('fit-head', run, '--limit', '64', '--crops', '2', '--force');
  return run;
}

/** The folder of a package of that encoder in `models`; made there unless it is there. */
export async function untrainedPackage(encoder: Untrained, models: string, scratch: string): Promise<string> {
  if (!existsSync(join(models, encoder))) await robenc('export', await untrainedRun(encoder, scratch), '--models', models);
  return (await openPackage(models, encoder)).folder;
}
