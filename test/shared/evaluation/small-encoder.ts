/** @file A small encoder graph and head with random weights, for tests. */
import type { LinearHead } from '@robenc/shared/evaluation/linear-head.js';
import { floats, type Dim, type Graph } from '@robenc/shared/graph/value.js';
import { Random } from '@robenc/shared/math/random.js';
import { newBuilder } from '@robenc/shared/ops/index.js';

export const SIZE = 8;
export const EMBEDDING = 6;

/** `image` [batch,3,8,8] → convolution, softplus (smooth, so that differences tell gradients), mean over places → `embedding` [batch,6]. */
export function smallEncoder(seed: number, batch: Dim = 'batch'): Graph {
  const random = new Random(seed, 'small-encoder');
  const g = newBuilder();
  const image = g.input('image', 'float32', [batch, 3, SIZE, SIZE]);
  const weights = Float32Array.from({ length: EMBEDDING * 27 }, () => random.normal());
  const bias = Float32Array.from({ length: EMBEDDING }, () => random.normal());
  const convolved = g.node('Conv', [image, g.constant(floats(weights, [EMBEDDING, 3, 3, 3])), g.constant(floats(bias))], {
    pads: [1, 1, 1, 1],
    kernel_shape: [3, 3],
  });
  g.output('embedding', g.node('ReduceMean', [g.node('Softplus', [convolved]), g.ints([2, 3])], { keepdims: 0 }));
  return g.build('encoder');
}

export function randomHead(seed: number, classes = 4): LinearHead {
  const random = new Random(seed, 'head');
  const normal = (length: number) => Float32Array.from({ length }, () => random.normal());
  return { size: EMBEDDING, classes, weights: normal(EMBEDDING * classes), bias: normal(classes) };
}
