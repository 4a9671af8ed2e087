/** @file Composite operations become one node each when traced, and compute the same either way. */
import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { composite } from '@robenc/export/trace/composite.js';
import { composites } from '@robenc/export/trace/composites.js';
import { trace } from '@robenc/export/trace/trace.js';
import { assertClose, declared, draw, eager, inputsOf, run, type Fn, type Ports } from './parity.js';

/** Batch normalisation over the last axis as a composite operation. */
const batchNorm: Fn = ({ x, gamma, beta }) => {
  const channels = x!.shape.at(-1)!;
  const [y, mean, variance] = composite('BatchNormTrain', [x!, gamma!, beta!], { epsilon: 1e-3 }, [x!.shape, [channels], [channels]], () => {
    const moments = tf.moments(
      x!,
      x!.shape.slice(0, -1).map((_, axis) => axis),
    );
    return [tf.batchNorm(x!, moments.mean, moments.variance, beta, gamma, 1e-3), moments.mean, moments.variance];
  });
  return { y: y!, mean: mean!, variance: variance! };
};

/** Log-determinant and inverse of x xᵀ + 1 for each matrix, as a composite operation; 2 x 2 eagerly. */
const logDet: Fn = ({ x }) => {
  const a = tf.add(tf.matMul(x!, x!, false, true), tf.eye(2));
  const [value, inverse] = composite('LogDetInverse', [a], {}, [[x!.shape[0]], [x!.shape[0], 2, 2]], () => {
    const [p, q, r, s] = [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ].map(([i, j]) => tf.reshape(tf.slice(a, [0, i!, j!], [-1, 1, 1]), [-1])) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
    const determinant = tf.sub(tf.mul(p, s), tf.mul(q, r));
    const adjugate = tf.reshape(tf.stack([s, tf.neg(q), tf.neg(r), p], 1), [-1, 2, 2]);
    return [tf.log(determinant), tf.div(adjugate, tf.reshape(determinant, [-1, 1, 1]))];
  });
  return { value: value!, inverse: inverse! };
};

const cases: Readonly<Record<string, { name: string; op: string; ports: Ports; fn: Fn }>> = {
  'batch normalisation of images': {
    name: 'BatchNormTrain',
    op: 'BatchNormalization',
    ports: { x: { shape: [3, 4, 5, 2], layout: 'NCHW' }, gamma: { shape: [2] }, beta: { shape: [2] } },
    fn: batchNorm,
  },
  'batch normalisation of rows': {
    name: 'BatchNormTrain',
    op: 'BatchNormalization',
    ports: { x: { shape: [6, 4] }, gamma: { shape: [4] }, beta: { shape: [4] } },
    fn: batchNorm,
  },
  'log-determinant and inverse': { name: 'LogDetInverse', op: 'LogDetInverse', ports: { x: { shape: [3, 2, 4] } }, fn: logDet },
};

describe('Composite operations', () => {
  for (const [title, { name, op, ports, fn }] of Object.entries(cases)) {
    for (const names of [[name], []]) {
      it(`${title}: ${names.length > 0 ? 'as one node' : 'through ordinary operations'}, the graph agrees with tfjs`, async () => {
        const feeds = draw(ports, 30);
        const traced = trace({ inputs: inputsOf(ports), fn, composites: names });
        assert.equal(traced.builder.nodes.filter((node) => node.op === op).length, names.length);
        assert.equal(traced.kernels.includes(name), names.length > 0);
        assertClose(await run(traced, declared(ports, feeds)), await eager(fn, feeds), 5e-6, title);
      });
    }
  }

  it('are ordinary operations while tfjs differentiates', async () => {
    const { ports } = cases['batch normalisation of rows']!;
    const weights = (y: tf.Tensor): tf.Tensor => tf.sub(tf.mul(tf.reshape(tf.range(0, y.size), y.shape), 2 / y.size), 1);
    const fn: Fn = (t) => ({ dx: tf.grad((x: tf.Tensor) => tf.sum(tf.mul(batchNorm({ ...t, x })['y']!, weights(x))))(t['x']!) });
    const feeds = draw(ports, 31);
    const traced = trace({ inputs: inputsOf(ports), fn });
    assert.ok(!traced.kernels.includes('BatchNormTrain'));
    assertClose(await run(traced, feeds), await eager(fn, feeds), 2e-5, 'the gradient');
  });

  it('that the tracer does not know are traced through ordinary operations', () => {
    const { kernels } = trace({ inputs: [{ name: 'x', shape: [2] }], fn: ({ x }) => ({ y: composite('Unheard', [x!], {}, [[2]], () => [tf.exp(x!)])[0]! }) });
    assert.deepEqual(kernels, ['Exp']);
    assert.ok(!composites.has('Unheard'));
  });
});
