/** @file Parity of exported graphs with tfjs is measured, recorded, and refused where it is missing. */
import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { eagerGradient, eagerLosses } from '@robenc/export/eager-gradient.js';
import { compareOutputs, eagerOutputs, refuseMismatch } from '@robenc/export/verify.js';
import { traceGraph } from '@robenc/export/trace/trace.js';
import { attackLosses } from '@robenc/shared/autodiff/losses/index.js';
import { differentiate } from '@robenc/shared/autodiff/differentiate.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import type { Graph } from '@robenc/shared/graph/value.js';
import { openSession } from '@robenc/shared/runtime/session.js';
import type { Session, Tensors } from '@robenc/shared/runtime/types.js';
import { draw, type Fn } from './trace/parity.js';

const filter = draw({ filter: { shape: [3, 3, 3, 4] } }, 20)['filter']!;
const weight = draw({ weight: { shape: [4, 5], low: -1, high: 1 } }, 21)['weight']!;

/** image [n, 3, 8, 8] to logits [n, 5]; `change` is added to the weights. */
const classifier =
  (change = 0): Fn =>
  ({ image }) => {
    const kernel = tf.tensor4d(filter.data as Float32Array, [3, 3, 3, 4]);
    const dense = tf.add<tf.Tensor2D>(tf.tensor2d(weight.data as Float32Array, [4, 5]), change);
    const map = tf.relu(tf.conv2d(tf.transpose<tf.Tensor4D>(image as tf.Tensor4D, [0, 2, 3, 1]), kernel, 2, 'same'));
    return { logits: tf.matMul(tf.mean<tf.Tensor2D>(map, [1, 2]), dense) };
  };

const feedsOf = (count: number, seed: number): Tensors => draw({ image: { shape: [count, 3, 8, 8], low: 0, high: 1 } }, seed);
const classifierGraph = (): Graph => traceGraph({ inputs: [{ name: 'image', shape: [1, 3, 8, 8] }], fn: classifier(), batch: {} });

async function using<T>(graph: Graph, body: (session: Session) => Promise<T>): Promise<T> {
  const session = await openSession(toOnnx(graph), { threads: 1 });
  try {
    return await body(session);
  } finally {
    await session.close();
  }
}

describe('compareOutputs', () => {
  it('measures a traced classifier over several batches and leaves no tensor behind', async () => {
    await tf.setBackend('cpu');
    const before = tf.memory().numTensors;
    const record = await using(classifierGraph(), (session) =>
      compareOutputs({ graph: 'classifier', session, fn: classifier(), feeds: [feedsOf(3, 1), feedsOf(2, 2)] }),
    );
    assert.equal(tf.memory().numTensors, before);
    assert.equal(record.images, 5);
    assert.equal(record.against, 'tfjs wasm');
    assert.ok(record.maxRelativeError < 1e-6 && record.maxAbsoluteError < 1e-5);
    refuseMismatch([record]);
  });

  it('sees weights that are off by a thousandth, and refuses them', async () => {
    const record = await using(classifierGraph(), (session) => compareOutputs({ graph: 'classifier', session, fn: classifier(1e-3), feeds: [feedsOf(3, 1)] }));
    assert.ok(record.maxRelativeError > 1e-4 && record.maxRelativeError < 1e-2);
    assert.throws(() => refuseMismatch([record]), /classifier differs from tfjs wasm by .*Nothing was written/);
  });

  it('counts values that are not finite as infinitely wrong', async () => {
    const fn: Fn = ({ image }) => ({ logits: tf.log(tf.sub(classifier()({ image: image! })['logits']!, 1e9)) });
    const record = await using(classifierGraph(), (session) => compareOutputs({ graph: 'classifier', session, fn, feeds: [feedsOf(1, 1)] }));
    assert.equal(record.maxRelativeError, Infinity);
    assert.throws(() => refuseMismatch([record]), /differs/);
  });

  it('computes in plain JavaScript what WebAssembly has no kernel for, and is on the backend of before afterwards', async () => {
    await tf.setBackend('cpu');
    const filters = tf.ones<tf.Rank.R4>([1, 1, 3, 5]);
    // tfjs has the gradient of a convolution by its filters in plain JavaScript only.
    const fn: Fn = ({ image }) => ({
      logits: tf.grad((by: tf.Tensor) => tf.sum(tf.conv2d(tf.transpose(image as tf.Tensor4D, [0, 2, 3, 1]), by as tf.Tensor4D, 1, 'same')))(filters),
    });
    const { outputs, backend } = await eagerOutputs(fn, feedsOf(1, 1));
    assert.equal(backend, 'cpu');
    assert.deepEqual(outputs['logits']!.shape, [1, 1, 3, 5]);
    assert.equal((await eagerOutputs(classifier(), feedsOf(1, 1))).backend, 'wasm');
    assert.equal(tf.getBackend(), 'cpu');
    filters.dispose();
  });

  it('refuses outputs that the graph lacks, other shapes, and unknown backends', async () => {
    await using(classifierGraph(), async (session) => {
      const compare = (fn: Fn, backend = 'cpu') => compareOutputs({ graph: 'classifier', session, fn, feeds: [feedsOf(1, 1)], backend });
      await assert.rejects(
        compare(({ image }) => ({ embedding: tf.mean(image!, [2, 3]) })),
        /classifier has no output "embedding"/,
      );
      await assert.rejects(
        compare(({ image }) => ({ logits: tf.mean(image!, [2, 3]) })),
        /output "logits" is \[1,5\], but tfjs gives \[1,3\]/,
      );
      await assert.rejects(compare(classifier(), 'gpu'), /no backend "gpu"/);
    });
  });
});

describe('eagerGradient', () => {
  it('knows the losses of gradient graphs', () => assert.deepEqual([...eagerLosses.names].sort(), [...attackLosses.names].sort()));

  for (const loss of eagerLosses.entries) {
    it(`agrees with the gradient graph for ${loss.name}`, async () => {
      const { graph } = differentiate(classifierGraph(), { wrt: 'image', loss: loss.name });
      const classes = (...list: bigint[]) => ({ dtype: 'int64' as const, shape: [3], data: BigInt64Array.from(list) });
      const target = loss.inputs.includes('label')
        ? { label: classes(4n, 0n, 2n), ...(loss.inputs.includes('target_label') ? { target_label: classes(1n, 3n, 0n) } : {}) }
        : draw({ target: { shape: [3, 5] } }, 6);
      const fn = eagerGradient(classifier(), { wrt: 'image', output: 'logits', loss: loss.name });
      const record = await using(graph, (session) => compareOutputs({ graph: 'gradient', session, fn, feeds: [{ ...feedsOf(3, 5), ...target }] }));
      assert.ok(record.maxRelativeError < 5e-6, `${record.maxRelativeError}`);
    });
  }
});
