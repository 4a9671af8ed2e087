/** @file The flags of a training run that are common enough to have a name of their own, and how they change the run file. */
import { flagName, type OptionSpecs } from './command.js';
import { parseSettings } from './override.js';

/** Options for commands that take a run file. */
export const runFlags = {
  name: { type: 'string', description: 'name of the encoder' },
  data: { type: 'string', value: 'path', description: 'folder or archive of training images; its format is found out' },
  dataset: { type: 'string', value: 'name', description: 'data set by name, e.g. shapes or cifar10' },
  limit: { type: 'number', integer: true, minimum: 1, description: 'use only that many images' },
  holdOut: { type: 'number', value: 'share', description: 'leave that share of a folder without train/ and test/ for testing, e.g. 0.2' },
  encoder: { type: 'string', value: 'name', description: 'encoder' },
  init: { type: 'string', value: 'model.onnx', description: 'start from an encoder or classifier in an ONNX file; sets encoder.name and encoder.path' },
  loss: { type: 'string', value: 'name', description: 'training loss' },
  adversary: { type: 'string', value: 'name', description: 'adversary during training: none, pgd or free' },
  epsilon: { type: 'string', value: 'e', description: "the adversary's radius in pixels of [0,1], e.g. 8/255" },
  views: { type: 'number', integer: true, minimum: 1, description: 'views of each image' },
  batchSize: { type: 'number', integer: true, minimum: 2, description: 'images in a batch' },
  epochs: { type: 'number', description: 'passes over the data' },
  maxSteps: { type: 'number', integer: true, minimum: 0, description: 'stop after that many batches; 0 keeps the untrained encoder' },
  maxMinutes: { type: 'number', description: 'stop after that many minutes' },
  learningRate: { type: 'number', description: 'base learning rate' },
  seed: { type: 'number', integer: true, minimum: 0, description: 'where all chance of the run comes from' },
  engine: { type: 'string', value: 'name', description: 'what computes the steps: onnx or tfjs' },
  device: { type: 'string', choices: ['auto', 'cpu', 'cuda', 'webgpu'], description: 'device of the steps' },
  threads: { type: 'number', integer: true, minimum: 1, description: 'threads of one step' },
  out: { type: 'string', short: 'o', value: 'dir', description: 'folder of checkpoints and metrics' },
  set: { type: 'list', value: 'path=value', commas: false, description: 'change any field of the run file, e.g. views.count=8' },
} as const satisfies OptionSpecs;

/** Where each flag goes in the run file. */
const PATHS: Readonly<Record<Exclude<keyof typeof runFlags, 'set'>, string>> = {
  name: 'name',
  data: 'data.path',
  dataset: 'data.name',
  limit: 'data.limit',
  holdOut: 'data.holdOut',
  encoder: 'encoder.name',
  init: 'encoder.path',
  loss: 'loss.name',
  adversary: 'adversary.name',
  epsilon: 'adversary.epsilon',
  views: 'views.count',
  batchSize: 'batchSize',
  epochs: 'epochs',
  maxSteps: 'maxSteps',
  maxMinutes: 'maxMinutes',
  learningRate: 'optimizer.learningRate',
  seed: 'seed',
  engine: 'engine.name',
  device: 'engine.device',
  threads: 'engine.threads',
  out: 'out',
};

/** The flag, without dashes, that sets a field of the run file; null where only --set does. */
export function flagOf(path: string): string | null {
  const found = Object.entries(PATHS).find(([, own]) => own === path);
  return found === undefined ? null : flagName(found[0]);
}

/** Where an override came from: what stands before the message of its fault, what the error names in place of the field, and whose fault it is. */
export interface Giver {
  readonly name: string | null;
  readonly field?: string;
  readonly code: 'usage' | 'bad-input';
}
export type GiverOf = (path: string) => Giver;

/** The flag that sets the field, given or not. */
export const flagGiver: GiverOf = (path) => byFlag(flagOf(path));

/** The one of a command's options that set the field. */
export function giverAmong(options: Readonly<Record<string, unknown>>): GiverOf {
  const settings = settingsOf(options);
  return (path) => {
    if (path in settings) return byFlag(null);
    return byFlag(path === 'encoder.name' && options['encoder'] === undefined ? 'init' : flagOf(path));
  };
}

function byFlag(flag: string | null): Giver {
  return flag === null ? { name: null, code: 'usage' } : { name: `--${flag}`, field: flag, code: 'usage' };
}

function settingsOf(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return parseSettings((options['set'] as readonly string[] | undefined) ?? []);
}

/** The overrides for `loadRunConfig` that a command's options stand for; `--set` goes last and wins. Throws `usage` for a malformed `--set`. */
export function runOverrides(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const flags = Object.entries(PATHS).map(([flag, path]) => [path, options[flag]] as const);
  return {
    ...(options['init'] === undefined ? {} : { 'encoder.name': 'onnx' }),
    ...Object.fromEntries(flags.filter(([, value]) => value !== undefined)),
    ...settingsOf(options),
  };
}
