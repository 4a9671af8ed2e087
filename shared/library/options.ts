/** @file What a program may say to the library: checked where it comes in, so that a mistake is told by its name. */
import { Type } from '@sinclair/typebox';
import { check } from '../config/check.js';
import { RobencError } from '../errors.js';
import type { ModelSource } from '../autodiff/differentiate-file.js';
import type { EvaluateOptions, GradientOptions } from './robenc.js';

const names = Type.Union([Type.String(), Type.Array(Type.String(), { minItems: 1 })]);

const gradientSchema = {
  wrt: Type.Optional(names),
  loss: Type.Optional(Type.String()),
  output: Type.Optional(Type.String()),
  straightThrough: Type.Optional(Type.Union([Type.String(), Type.Array(Type.String())])),
  folder: Type.Optional(Type.String()),
  source: Type.Optional(Type.String()),
};
const gradientOptions = Type.Object(gradientSchema, { additionalProperties: false });
const evaluateOptions = Type.Object(
  { ...gradientSchema, device: Type.Optional(Type.String()), threads: Type.Optional(Type.Integer({ minimum: 1 })) },
  { additionalProperties: false },
);

/** Throws `usage` for unknown names and values of another type. */
export function checkGradientOptions(options: GradientOptions): GradientOptions {
  return check(gradientOptions, options, 'options', { code: 'usage' });
}

/** Throws `usage` for unknown names and values of another type. */
export function checkEvaluateOptions(options: EvaluateOptions): EvaluateOptions {
  return check(evaluateOptions, options, 'options', { code: 'usage' }) as EvaluateOptions;
}

/** A path, bytes in whatever they lie, or a graph. Throws `usage` for anything else. */
export function modelOf(model: unknown): ModelSource {
  if (typeof model === 'string' || model instanceof Uint8Array) return model;
  if (model instanceof ArrayBuffer) return new Uint8Array(model);
  if (typeof model === 'object' && model !== null && 'nodes' in model && 'inputs' in model && 'outputs' in model) return model as ModelSource;
  const got = model === null ? 'null' : typeof model;
  throw new RobencError('usage', `A model is the path of an ONNX file, or its bytes as a Uint8Array; got ${got}.`, { field: 'model' });
}
