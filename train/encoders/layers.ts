/** @file The layers that encoders are made of: initial values and application, by name. */
import * as tf from '@tensorflow/tfjs';
import type { Random } from '@robenc/shared/math/random.js';
import { batchNormAffine, batchNormTrain } from '../tensors/batch-norm.js';
import { convolution } from '../tensors/convolution.js';
import type { HostTensor, Parameters, Tensors } from '../tensors/parameters.js';
import type { Mode } from './encoder.js';

/** Values under construction; layers add theirs in order. */
export interface Initial {
  readonly params: Parameters;
  readonly state: Parameters;
  readonly random: Random;
}

/** Values in use; in mode `train` normalisations put their next state into `next`. */
export interface Context {
  readonly params: Readonly<Tensors>;
  readonly state: Readonly<Tensors>;
  readonly next: Tensors;
  readonly mode: Mode;
}

/** A filter [out, in, size, size] with variance 2 / (out * size^2) (He et al. 2015, fan-out, as torchvision's ResNet) and its batch normalisation. */
export function initConvolution(to: Initial, name: string, { from, out, size }: { from: number; out: number; size: number }): void {
  const deviation = Math.sqrt(2 / (out * size * size));
  to.params[`${name}.filter`] = filled([out, from, size, size], () => deviation * to.random.normal());
  initNorm(to, name, out);
}

/** Weights [from, out] uniform within 1 / sqrt(from), as PyTorch's Linear, and their batch normalisation. */
export function initDense(to: Initial, name: string, { from, out }: { from: number; out: number }): void {
  initWeight(to, name, from, out);
  initNorm(to, name, out);
}

/** Weights [from, out] and bias [out], uniform within 1 / sqrt(from), as PyTorch's Linear. */
export function initLinear(to: Initial, name: string, { from, out }: { from: number; out: number }): void {
  initWeight(to, name, from, out);
  const bound = 1 / Math.sqrt(from);
  to.params[`${name}.bias`] = filled([out], () => to.random.uniform(-bound, bound));
}

/** Weights [from, out] of deviation 0.02 and a bias of zero, as vision transformers start. */
export function initWeights(to: Initial, name: string, { from, out }: { from: number; out: number }): void {
  to.params[`${name}.weight`] = filled([from, out], () => 0.02 * to.random.normal());
  to.params[`${name}.bias`] = filled([out], () => 0);
}

/** Convolution, then batch normalisation. A bias between them would cancel, so there is none. `x` [n, h, w, in]. */
export function applyConvolution(context: Context, name: string, x: tf.Tensor4D, stride: number): tf.Tensor4D {
  const filter = context.params[`${name}.filter`] as tf.Tensor4D;
  if (context.mode === 'train') return trainNorm(context, name, convolution(x, filter, stride)) as tf.Tensor4D;
  const { factor, offset } = evalNorm(context, name);
  return tf.add(convolution(x, tf.mul(filter, tf.reshape(factor, [-1, 1, 1, 1])), stride), offset);
}

/** Linear map, then batch normalisation, again without a bias. `x` [n, in]. */
export function applyDense(context: Context, name: string, x: tf.Tensor2D): tf.Tensor2D {
  const weight = context.params[`${name}.weight`] as tf.Tensor2D;
  if (context.mode === 'train') return trainNorm(context, name, tf.matMul(x, weight)) as tf.Tensor2D;
  const { factor, offset } = evalNorm(context, name);
  return tf.add(tf.matMul(x, tf.mul(weight, factor)), offset);
}

/** Linear map with bias. `x` [n, in]. */
export function applyLinear({ params }: Context, name: string, x: tf.Tensor2D): tf.Tensor2D {
  return tf.add(tf.matMul(x, params[`${name}.weight`] as tf.Tensor2D), params[`${name}.bias`]!);
}

function initWeight(to: Initial, name: string, from: number, out: number): void {
  const bound = 1 / Math.sqrt(from);
  to.params[`${name}.weight`] = filled([from, out], () => to.random.uniform(-bound, bound));
}

function initNorm(to: Initial, name: string, channels: number): void {
  to.params[`${name}.scale`] = filled([channels], () => 1);
  to.params[`${name}.shift`] = filled([channels], () => 0);
  to.state[`${name}.mean`] = filled([channels], () => 0);
  to.state[`${name}.variance`] = filled([channels], () => 1);
}

function trainNorm({ params, state, next }: Context, name: string, x: tf.Tensor): tf.Tensor {
  const running = { mean: state[`${name}.mean`] as tf.Tensor1D, variance: state[`${name}.variance`] as tf.Tensor1D };
  const { y, mean, variance } = batchNormTrain(x, params[`${name}.scale`] as tf.Tensor1D, params[`${name}.shift`] as tf.Tensor1D, running);
  next[`${name}.mean`] = mean;
  next[`${name}.variance`] = variance;
  return y;
}

/** The map that normalisation with running statistics is; its factor goes into the weights before it, which a graph computes once. */
function evalNorm({ params, state }: Context, name: string): { factor: tf.Tensor1D; offset: tf.Tensor1D } {
  const running = { mean: state[`${name}.mean`] as tf.Tensor1D, variance: state[`${name}.variance`] as tf.Tensor1D };
  return batchNormAffine(params[`${name}.scale`] as tf.Tensor1D, params[`${name}.shift`] as tf.Tensor1D, running);
}

function filled(shape: readonly number[], value: () => number): HostTensor {
  const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
  // Large encoders have tens of millions of values: a third of the time of Float32Array.from.
  for (let i = 0; i < data.length; i++) data[i] = value();
  return { shape, data };
}
