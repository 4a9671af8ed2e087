/** @file What the tracer makes of whole functions: layouts, constants, given values, and what it refuses. */
import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { trace, traceGraph } from '@robenc/export/trace/trace.js';
import { RobencError } from '@robenc/shared/errors.js';
import type { Graph, Value } from '@robenc/shared/graph/value.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import { newBuilder } from '@robenc/shared/ops/index.js';
import { assertClose, declared, draw, eager, run, runGraph, type Fn, type Ports } from './parity.js';

const count = (graph: Graph, op: string): number => graph.nodes.filter((node) => node.op === op).length;

/** Two convolutions with batch normalisation, a shortcut with stride 2, the mean over places, a linear layer. Filters are [out, in, h, w]. */
const network: Fn = (t) => {
  const convolve = (x: tf.Tensor, filter: string, stride: number): tf.Tensor =>
    tf.conv2d(x as tf.Tensor4D, tf.transpose(t[filter]!, [2, 3, 1, 0]) as tf.Tensor4D, stride, 'same');
  const normalize = (x: tf.Tensor): tf.Tensor => {
    const { mean, variance } = tf.moments(x, [0, 1, 2]);
    return tf.add(tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5))), t['scale']!), t['shift']!);
  };
  const first = tf.relu(normalize(convolve(t['image']!, 'stem', 1)));
  const second = tf.relu(tf.add(normalize(convolve(first, 'inner', 2)), convolve(first, 'shortcut', 2)));
  const features = tf.mean(second, [1, 2]);
  return { features, logits: tf.add(tf.matMul(features as tf.Tensor2D, t['weight'] as tf.Tensor2D), t['bias']!), map: second };
};
const ports: Ports = {
  image: { shape: [2, 8, 8, 3], layout: 'NCHW' },
  stem: { shape: [4, 3, 3, 3] },
  inner: { shape: [4, 4, 3, 3] },
  shortcut: { shape: [4, 4, 1, 1] },
  scale: { shape: [4] },
  shift: { shape: [4] },
  weight: { shape: [4, 5] },
  bias: { shape: [5] },
};
const inputs = Object.entries(ports).map(([name, { shape, layout }]) => ({ name, shape, ...(layout ? { layout } : {}) }));

describe('The tracer', () => {
  it('puts no Transpose into a residual network on images stored channels first', async () => {
    const traced = trace({ inputs, fn: network, outputs: { map: 'NCHW' } });
    assert.equal(traced.builder.nodes.filter((node) => node.op === 'Transpose').length, 0);
    assert.deepEqual(traced.inputs['image']!.type.shape, [2, 3, 8, 8]);
    assert.deepEqual(traced.outputs['map']!.type.shape, [2, 4, 4, 4]);
    const feeds = draw(ports, 5);
    const expected = await eager((t) => ({ ...network(t), map: tf.transpose(network(t)['map']!, [0, 3, 1, 2]) }), feeds);
    assertClose(await run(traced, declared(ports, feeds)), expected, 5e-6, 'a residual network');
  });

  it('keeps reshapes that split the batch free of Transpose', () => {
    const graph = traceGraph({
      inputs: [{ name: 'x', shape: [6, 5, 4, 3], layout: 'NCHW' }],
      fn: ({ x }) => ({ y: tf.mean(tf.reshape(x!, [2, 3, 5, 4, 3]), [0, 2, 3]) }),
    });
    assert.equal(count(graph, 'Transpose'), 0);
    assert.deepEqual(graph.outputs[0]!.value.type.shape, [3, 3]);
  });

  it('keeps ones and zeros of any shape as one number', () => {
    const graph = traceGraph({
      inputs: [{ name: 'x', shape: [64, 64] }],
      fn: ({ x }) => ({
        y: x!
          .mul(tf.ones([64, 64]))
          .add(tf.zeros([64, 64]))
          .add(tf.fill([64, 64], 3)),
      }),
    });
    assert.deepEqual(
      graph.nodes.map((node) => node.op),
      ['Add'],
    );
    assert.equal(toOnnx(graph).length < 500, true);
  });

  it('puts tensors that the function takes from outside into the graph as constants, and leaves them usable', async () => {
    await tf.setBackend('cpu');
    const weight = tf.tensor([1, 2, 3, 4], [2, 2]);
    const graph = traceGraph({ inputs: [{ name: 'x', shape: [3, 2] }], fn: ({ x }) => ({ y: tf.matMul(x as tf.Tensor2D, weight) }) });
    const x = { dtype: 'float32' as const, shape: [3, 2], data: Float32Array.of(1, 0, 0, 1, 1, 1) };
    const { y } = await runGraph(toOnnx(graph), { x });
    assert.deepEqual([...(y!.data as Float32Array)], [1, 2, 3, 4, 4, 6]);
    assert.deepEqual(await weight.array(), [
      [1, 2],
      [3, 4],
    ]);
    weight.dispose();
  });

  it('takes values that a builder already has, in any order of axes, and feeds one trace with the outputs of another', async () => {
    const g = newBuilder();
    const image = g.input('image', 'float32', [2, 3, 4, 5]);
    const label = g.input('label', 'int64', [2]);
    const first = trace({ builder: g, inputs: [{ name: 'x', value: image, perm: [0, 2, 3, 1] }], fn: ({ x }) => ({ means: tf.mean(x!, [1, 2]) }) });
    assert.equal(first.builder, g);
    const second = trace({
      builder: g,
      inputs: [
        { name: 'means', value: first.outputs['means']! },
        { name: 'label', value: label },
      ],
      fn: ({ means, label: t }) => ({ picked: tf.sum(tf.mul(means!, tf.oneHot(t!, 3)), 1) }),
    });
    const x = draw({ image: { shape: [2, 3, 4, 5] } }, 8)['image']!;
    const { picked } = await run({ builder: g, outputs: second.outputs }, { image: x, label: { dtype: 'int64', shape: [2], data: BigInt64Array.of(2n, 0n) } });
    const mean = (n: number, c: number): number => (x.data as Float32Array).slice((n * 3 + c) * 20, (n * 3 + c + 1) * 20).reduce((a, b) => a + b, 0) / 20;
    assert.ok(Math.abs((picked!.data as Float32Array)[0]! - mean(0, 2)) < 1e-6);
    assert.ok(Math.abs((picked!.data as Float32Array)[1]! - mean(1, 0)) < 1e-6);
  });

  it('leaves no tensor and no other backend behind, also after an error', async () => {
    await tf.setBackend('cpu');
    const before = tf.memory();
    trace({ inputs, fn: network });
    assert.throws(() => trace({ inputs, fn: (t) => ({ y: tf.matMul(t['weight'] as tf.Tensor2D, t['weight'] as tf.Tensor2D) }) }));
    assert.throws(() => trace({ inputs, fn: (t) => ({ y: tf.scalar(t['bias']!.dataSync()[0]!) }) }));
    const after = tf.memory();
    assert.deepEqual([after.numTensors, after.numDataBuffers, after.numBytes], [before.numTensors, before.numDataBuffers, before.numBytes]);
    assert.equal(tf.getBackend(), 'cpu');
  });

  it('counts copies of a tensor, so that disposing one leaves the others', () => {
    const graph = traceGraph({
      inputs: [{ name: 'x', shape: [2] }],
      fn: ({ x }) => {
        const copy = tf.clone(x!);
        tf.tidy(() => tf.exp(copy));
        copy.dispose();
        const kept = tf.tidy(() => tf.sqrt(x!));
        assert.throws(() => tf.add(copy, 1), /used after it was disposed of/);
        return { y: tf.add(kept, x!) };
      },
    });
    assert.deepEqual(
      graph.nodes.map((node) => node.op),
      ['Sqrt', 'Add'],
    );
  });

  it('can trace inside of a traced function, into another graph', () => {
    let inner: Graph | null = null;
    const outer = traceGraph({
      inputs: [{ name: 'x', shape: [2] }],
      fn: ({ x }) => {
        inner = traceGraph({ inputs: [{ name: 'z', shape: [3] }], fn: ({ z }) => ({ y: tf.exp(z!) }) });
        return { y: tf.sqrt(x!) };
      },
    });
    assert.deepEqual(
      inner!.nodes.map((node: { op: string }) => node.op),
      ['Exp'],
    );
    assert.deepEqual(
      outer.nodes.map((node) => node.op),
      ['Sqrt'],
    );
  });

  it('traces a residual network of eighteen layers in less than a second', () => {
    const started = process.cpuUsage();
    trace({ inputs: deepInputs, fn: deep });
    // Of processor time: how long it takes on the clock is a matter of what else runs.
    assert.ok(process.cpuUsage(started).user < 1e6);
  });
});

/** Twenty convolutions of 64 to 512 channels on 128 images of 32 x 32. */
const widths = [64, 64, 64, 64, 64, 128, 128, 128, 128, 256, 256, 256, 256, 512, 512, 512, 512];
const deepInputs = [
  { name: 'x', shape: [128, 32, 32, 3], layout: 'NCHW' as const },
  ...widths.map((width, i) => ({ name: `w${i}`, shape: [width, widths[i - 1] ?? 3, 3, 3] })),
];
const deep: Fn = (t) => ({
  y: widths.reduce<tf.Tensor>((x, width, i) => {
    const y = tf.conv2d(x as tf.Tensor4D, tf.transpose(t[`w${i}`]!, [2, 3, 1, 0]) as tf.Tensor4D, width === (widths[i - 1] ?? width) ? 1 : 2, 'same');
    const { mean, variance } = tf.moments(y, [0, 1, 2]);
    return tf.relu(tf.div(tf.sub(y, mean), tf.sqrt(tf.add(variance, 1e-5))));
  }, t['x']!),
});

describe('The tracer refuses, in words', () => {
  const refuses = (title: string, fn: Fn, pattern: RegExp, shape: readonly number[] = [2, 3]): void => {
    it(title, () => {
      assert.throws(
        () => trace({ inputs: [{ name: 'x', shape }], fn }),
        (error: unknown) => {
          assert.ok(error instanceof RobencError, String(error));
          assert.match(error.message, pattern);
          return true;
        },
      );
    });
  };
  refuses(
    'to read values: the call, the tensor, the kernel that made it, the place',
    ({ x }) => ({ y: tf.scalar(tf.relu(x!).dataSync()[0]!) }),
    /dataSync\(\) reads .*\[2,3\] float32, made by Relu.*at trace\.test\.ts:\d+.*tf\.where/,
  );
  refuses('arraySync()', ({ x }) => ({ y: tf.tensor(x!.arraySync()) }), /arraySync\(\) reads .*made by input "x"/);
  refuses('print()', ({ x }) => (tf.exp(x!).print(), { y: x! }), /print\(\) reads .*made by Exp/);
  refuses('a kernel without a rule, by name', ({ x }) => ({ y: tf.cumprod(x!, 1) }), /kernel Cumprod cannot be traced.*Conv2D/);
  refuses('an async function', (() => Promise.resolve({})) as unknown as Fn, /must not be async/);

  it('data() of a traced tensor, by rejecting', async () => {
    let pending: Promise<unknown> | null = null;
    trace({ inputs: [{ name: 'x', shape: [2] }], fn: ({ x }) => ((pending = tf.exp(x!).data()), { y: x! }) });
    await assert.rejects(pending!, /data\(\) reads .*made by Exp/);
  });

  it('a tensor of another trace', () => {
    let leaked: tf.Tensor | null = null;
    trace({ inputs: [{ name: 'x', shape: [2] }], fn: ({ x }) => ((leaked = tf.keep(tf.exp(x!))), { y: x! }) });
    assert.throws(() => trace({ inputs: [{ name: 'x', shape: [2] }], fn: ({ x }) => ({ y: tf.add(x!, leaked!) }) }), /tensor of another trace \(Exp, \[2\]\)/);
    leaked!.dispose();
  });

  it('two inputs of one name, half-precision values, and a layout that is not of images', () => {
    const x: Value = newBuilder().input('x', 'float16', [2]);
    const fn: Fn = (t) => ({ y: t['x']! });
    assert.throws(
      () =>
        trace({
          inputs: [
            { name: 'x', shape: [1] },
            { name: 'x', shape: [2] },
          ],
          fn,
        }),
      /Two inputs of a trace are named "x"/,
    );
    assert.throws(() => trace({ inputs: [{ name: 'x', value: x }], fn }), /"x" is float16\[2\]/);
    assert.throws(() => trace({ inputs: [{ name: 'x', shape: [2, 3], layout: 'NCHW' }], fn }), /layout NCHW is for images/);
  });
});
