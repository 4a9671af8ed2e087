/** @file Small ONNX classifiers for tests of commands: a linear layer on a flattened image, in several disguises. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import { floats, type Dim, type Value } from '@robenc/shared/graph/value.js';
import { Random } from '@robenc/shared/math/random.js';
import { newBuilder } from '@robenc/shared/ops/index.js';

export const CLASSES = 4;
export const PIXELS = 3 * 2 * 2;

export interface Disguise {
  readonly input?: string;
  readonly output?: string;
  readonly batch?: Dim;
  readonly softmax?: boolean;
  /** A second output of rank 2, `features`. */
  readonly features?: boolean;
  /** Rounds the image first, so that no gradient passes. */
  readonly rounded?: boolean;
  /** The name of a value inside. */
  readonly inner?: string;
  /** An input that is not an image. */
  readonly scale?: string;
}

/** Writes `model.onnx` into `folder` and answers its path. */
export function writeModel(folder: string, disguise: Disguise = {}): string {
  const { input = 'image', output = 'logits', batch = 'batch', softmax = false, features = false, rounded = false, inner, scale } = disguise;
  const random = new Random(7, 'command models');
  const weights = (...shape: [number, number]) =>
    g.constant(
      floats(
        Float32Array.from({ length: shape[0] * shape[1] }, () => random.normal()),
        shape,
      ),
      'weights',
    );
  const g = newBuilder();
  let x: Value = g.input(input, 'float32', [batch, 3, 2, 2]);
  if (scale !== undefined) x = g.mul(x, g.input(scale, 'float32', [1]));
  if (rounded) x = g.node('Round', [x], {}, { name: 'quantise' });
  const flat = g.node('Flatten', [x], { axis: 1 });
  const hidden = g.node('Relu', [g.node('MatMul', [flat, weights(PIXELS, 5)])], {}, inner === undefined ? {} : { outputNames: [inner] });
  const logits = g.node('MatMul', [hidden, weights(5, CLASSES)]);
  g.output(output, softmax ? g.node('Softmax', [logits], { axis: 1 }) : logits);
  if (features) g.output('features', hidden);
  const path = join(folder, 'model.onnx');
  writeFileSync(path, toOnnx(g.build('tiny')));
  return path;
}
