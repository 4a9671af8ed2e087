/** @file The flags about TensorFlow.js models and tf2onnx that several commands share. */
import { resolve } from 'node:path';
import type { OptionSpecs } from '@robenc/shared/config/command.js';
import { readFlags } from '@robenc/shared/evaluation/flag-values.js';
import { RobencError } from '@robenc/shared/errors.js';
import { modelJsonAt } from './load.js';

export const tf2onnxOptions = {
  python: { type: 'string', value: 'path', default: 'python3', description: 'tf2onnx: the Python that has it' },
  timeout: { type: 'number', value: 'seconds', minimum: 1, maximum: 86_400, default: 600, description: 'tf2onnx: how long it may take' },
  size: { type: 'string', value: 'HxW', description: 'TensorFlow.js: height and width for a model that leaves them free, e.g. 224x224' },
} as const satisfies OptionSpecs;

export const rangeOption = { type: 'list', value: 'v', description: 'TensorFlow.js: what black and white are to the model: two numbers (0,1)' } as const;

/** Two numbers, or nothing. Throws `usage`. */
export function readRange(range: readonly string[]): readonly [number, number] | undefined {
  return readFlags({ mean: [], std: [], resize: undefined, range }).range ?? undefined;
}

/** `224x224`, or nothing. Throws `usage`. */
export function readSize(text: string | undefined): { height: number; width: number } | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d{1,4})x(\d{1,4})$/.exec(text);
  if (match === null || Number(match[1]) < 1 || Number(match[2]) < 1)
    throw new RobencError('usage', `--size ${text}: give height and width as in 224x224.`, { field: 'size' });
  return { height: Number(match[1]), width: Number(match[2]) };
}

/** The path of model.json. Throws `not-found`. */
export function needModelJson(cwd: string, given: string): string {
  const path = resolve(cwd, given);
  const found = modelJsonAt(path);
  if (found === null)
    throw new RobencError('not-found', `There is no TensorFlow.js model at ${path}. Give model.json, or the folder that holds it.`, { field: 'model' });
  return found;
}
