/** @file The flags about TensorFlow.js models and tf2onnx that several commands share. */
import { resolve } from 'node:path';
import type { OptionSpecs } from '@robenc/shared/config/command.js';
import { readFlags } from '@robenc/shared/evaluation/flag-values.js';
import { RobencError } from '@robenc/shared/errors.js';
import { modelJsonAt } from './load.js';
import type { ImageSize } from './trace-model.js';

export const tf2onnxOptions = {
  python: { type: 'string', value: 'path', default: 'python3', description: 'tf2onnx: the Python that has it' },
  timeout: { type: 'number', value: 'seconds', minimum: 1, maximum: 86_400, default: 600, description: 'tf2onnx: how long it may take' },
  size: {
    type: 'string',
    value: 'HxW|free',
    description: 'TensorFlow.js: height and width for a model that leaves them free, e.g. 224x224; free keeps them free in multiples of 32, free/16 of 16',
  },
} as const satisfies OptionSpecs;

export const rangeOption = { type: 'list', value: 'v', description: 'TensorFlow.js: what black and white are to the model: two numbers (0,1)' } as const;

/** Two numbers, or nothing. Throws `usage`. */
export function readRange(range: readonly string[]): readonly [number, number] | undefined {
  return readFlags({ mean: [], std: [], resize: undefined, range }).range ?? undefined;
}

/** What sizes that stay free are multiples of: the networks of Keras and TensorFlow.js halve images up to five times. */
const USUAL_MULTIPLE = 32;

/** `224x224`, `free` or `free/16`, or nothing. Throws `usage`. */
export function readSize(text: string | undefined): ImageSize | undefined {
  if (text === undefined) return undefined;
  const free = /^free(?:\/(\d{1,4}))?$/.exec(text);
  const multiple = free ? Number(free[1] ?? USUAL_MULTIPLE) : 0;
  if (multiple === 1) return { height: 'height', width: 'width' };
  if (multiple > 1) return { height: `${multiple}*height`, width: `${multiple}*width` };
  const match = /^(\d{1,4})x(\d{1,4})$/.exec(text);
  if (match === null || Number(match[1]) < 1 || Number(match[2]) < 1)
    throw new RobencError('usage', `--size ${text}: give height and width as in 224x224, or free, or free/16 for multiples of 16.`, { field: 'size' });
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
