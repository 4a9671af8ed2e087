/** @file Differentiating and tracing commute: the gradient of the trace, the trace of tfjs's gradient, and tfjs's own eager gradient are the same numbers. */
import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { trace, type TraceOptions } from '@robenc/export/trace/trace.js';
import { gradient, onesLike } from '@robenc/shared/autodiff/vjp.js';
import { numbersOf, type TensorData, type Value } from '@robenc/shared/graph/value.js';
import { Random } from '@robenc/shared/math/random.js';
import { encoders } from '@robenc/train/encoders/index.js';
import { losses } from '@robenc/train/losses/index.js';
import type { Parameters, Tensors } from '@robenc/train/tensors/parameters.js';
import { draw, eager, inputsOf, run, type Feeds, type Fn, type Ports } from './export/trace/parity.js';

const TOLERANCE = 2e-5;

/** A function to one number, by the names of its inputs. */
type Scalar = (inputs: Record<string, tf.Tensor>) => tf.Scalar;

/** Gradients by name. */
function gradientsOf<T>(names: readonly string[], gradients: readonly T[]): Record<string, T> {
  return Object.fromEntries(names.map((name, i) => [`gradient/${name}`, gradients[i]!]));
}

/** The loss and its gradient with respect to `names`, by tfjs. */
function tfjsGradient(loss: Scalar, names: readonly string[]): Fn {
  return (inputs) => {
    const { value, grads } = tf.valueAndGrads((...tensors: tf.Tensor[]) =>
      loss({ ...inputs, ...Object.fromEntries(names.map((name, i) => [name, tensors[i]!])) }),
    )(names.map((name) => inputs[name]!));
    return { loss: value, ...gradientsOf(names, grads) };
  };
}

/** The loss and its gradient by the graph's own differentiation. */
async function graphGradient(
  loss: Scalar,
  names: readonly string[],
  options: Pick<TraceOptions, 'inputs' | 'composites'>,
  feeds: Feeds,
): Promise<Record<string, TensorData>> {
  const { builder, inputs, outputs } = trace({ ...options, fn: (tensors) => ({ loss: loss(tensors) }) });
  const value = outputs['loss']!;
  const grads = gradient(
    builder,
    [{ value, cotangent: onesLike(builder, value) }],
    names.map((name) => inputs[name]!),
  );
  return run({ builder, outputs: { loss: value, ...gradientsOf(names, grads as Value[]) } }, feeds);
}

/** The greatest relative L2 error over tensors; a tensor counts at least with a millionth of the length of all of them together. */
function worst(actual: Readonly<Record<string, TensorData>>, expected: Readonly<Record<string, TensorData>>): { name: string; error: number } {
  const norm = (values: readonly number[]): number => Math.hypot(...values);
  const whole = norm(Object.entries(expected).flatMap(([name, tensor]) => (name === 'loss' ? [] : [norm(numbersOf(tensor))])));
  let result = { name: '', error: 0 };
  for (const [name, tensor] of Object.entries(expected)) {
    const [a, b] = [numbersOf(actual[name]!), numbersOf(tensor)];
    assert.equal(a.length, b.length, name);
    const error = norm(a.map((value, i) => value - b[i]!)) / (norm(b) + 1e-6 * whole);
    if (!(error <= result.error)) result = { name, error };
  }
  return result;
}

function assertSame(actual: Readonly<Record<string, TensorData>>, expected: Readonly<Record<string, TensorData>>, what: string): void {
  const { name, error } = worst(actual, expected);
  assert.ok(error <= TOLERANCE, `${what}: ${name} differs by ${error.toExponential(2)} (relative L2), more than ${TOLERANCE}`);
}

/** Declares the three comparisons for one loss. */
function commutes(title: string, loss: Scalar, ports: Ports, names: readonly string[], feeds: Feeds): void {
  describe(title, () => {
    let expected: Record<string, TensorData>;
    before(async () => {
      expected = await eager(tfjsGradient(loss, names), feeds);
    });

    for (const composites of [['BatchNormTrain', 'LogDetInverse'], ['LogDetInverse']]) {
      it(`the gradient of the trace, with ${composites.join(' and ')} as one node each, agrees with eager tfjs`, async () => {
        assertSame(await graphGradient(loss, names, { inputs: inputsOf(ports), composites }, feeds), expected, title);
      });
    }

    it("the trace of tfjs's gradient agrees with eager tfjs", async () => {
      assertSame(await run(trace({ inputs: inputsOf(ports), fn: tfjsGradient(loss, names) }), feeds), expected, title);
    });
  });
}

/** A small convolutional network with pooling, softmax and the statistics of the batch. */
const network: Scalar = ({ image, scale, shift, first, second, weight, bias, target }) => {
  const filter = (f: tf.Tensor): tf.Tensor4D => tf.transpose<tf.Tensor4D>(f as tf.Tensor4D, [2, 3, 1, 0]);
  const { mean, variance } = tf.moments(image!, [0, 1, 2]);
  const x = tf.batchNorm(image as tf.Tensor4D, mean as tf.Tensor1D, variance as tf.Tensor1D, shift as tf.Tensor1D, scale as tf.Tensor1D, 1e-3);
  const y = tf.maxPool(tf.relu(tf.conv2d(x, filter(first!), 1, 'same')), 2, 2, 'valid');
  const z = tf.tanh(tf.conv2d(y, filter(second!), 2, 'valid'));
  const logits = tf.add(tf.matMul(tf.reshape(z, [z.shape[0], -1]), weight as tf.Tensor2D), bias!);
  return tf.neg(tf.mean<tf.Scalar>(tf.sum(tf.mul(tf.logSoftmax(logits), target!), 1)));
};
/** Weights small enough to keep tanh away from saturation, where 1 - y² would lose its digits. */
const small = { low: -0.4, high: 0.4 };
const networkPorts: Ports = {
  image: { shape: [4, 8, 8, 3] },
  scale: { shape: [3], low: 0.5, high: 2 },
  shift: { shape: [3] },
  first: { shape: [5, 3, 3, 3], ...small },
  second: { shape: [6, 5, 2, 2], ...small },
  weight: { shape: [24, 4], ...small },
  bias: { shape: [4] },
  target: { shape: [4, 4], low: 0, high: 1 },
};

const [VIEWS, BATCH, SIZE] = [3, 4, 8];

/** The full EMP-SSL loss of the small encoder in training mode. Inputs: `x` [views * batch, 3, size, size] and every parameter. */
function encoderLoss(): { loss: Scalar; ports: Ports; names: readonly string[]; feeds: Feeds } {
  const encoder = encoders.get('resnet-small');
  const config = { widths: [4, 6], blocks: 1, embedding: 16, projection: 8, mean: [0.5, 0.4, 0.3], std: [0.2, 0.25, 0.3] };
  const emp = losses.get('emp-ssl');
  const weights = { invarianceWeight: 200, codingRateWeight: 1, codingRateEpsilon: 0.2 };
  const { params, state } = encoder.init(config, new Random(11, 'commutes'));
  const x: Ports = { x: { shape: [VIEWS * BATCH, 3, SIZE, SIZE], low: 0, high: 1 } };
  const portsOf = (values: Readonly<Parameters>): Ports => Object.fromEntries(Object.entries(values).map(([name, { shape }]) => [name, { shape }]));
  const dataOf = (values: Readonly<Parameters>): Feeds =>
    Object.fromEntries(Object.entries(values).map(([name, { shape, data }]) => [name, { dtype: 'float32' as const, shape, data }]));
  const loss: Scalar = (inputs) => {
    const pick = (values: Readonly<Parameters>): Tensors => Object.fromEntries(Object.keys(values).map((name) => [name, inputs[name]!]));
    const images = tf.transpose<tf.Tensor4D>(inputs['x'] as tf.Tensor4D, [0, 2, 3, 1]);
    const { projection } = encoder.apply(config, pick(params), pick(state), images, 'train');
    return emp.value(weights, { projections: tf.reshape(projection, [VIEWS, BATCH, -1]) }).loss;
  };
  return {
    loss,
    ports: { ...x, ...portsOf(params), ...portsOf(state) },
    names: ['x', ...Object.keys(params)],
    feeds: { ...draw(x, 12), ...dataOf(params), ...dataOf(state) },
  };
}

describe('Tracing and differentiating commute', () => {
  commutes('a small convolutional network', network, networkPorts, Object.keys(networkPorts), draw(networkPorts, 3));
  const { loss, ports, names, feeds } = encoderLoss();
  commutes('the small encoder with the EMP-SSL loss', loss, ports, names, feeds);
});
