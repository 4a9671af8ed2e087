/** @file Symbolic batches: one graph for every batch size, and clear refusals where a function depends on it. */
import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { trials } from '@robenc/export/trace/free-sizes.js';
import { traceGraph } from '@robenc/export/trace/trace.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import type { TensorData } from '@robenc/shared/graph/value.js';
import { assertClose, declared, draw, eager, runGraph, type Fn, type Ports } from './parity.js';

const functions: Readonly<Record<string, { ports: Ports; batched: readonly string[]; fn: Fn }>> = {
  'a small network': {
    ports: { image: { shape: [1, 8, 8, 3], layout: 'NCHW' }, filter: { shape: [4, 3, 3, 3] }, weight: { shape: [4, 5] } },
    batched: ['image'],
    fn: ({ image, filter, weight }) => {
      const map = tf.relu(tf.conv2d(image as tf.Tensor4D, tf.transpose(filter!, [2, 3, 1, 0]) as tf.Tensor4D, 2, 'same'));
      const features = tf.mean(map, [1, 2]);
      return { map, logits: tf.matMul(features, weight as tf.Tensor2D), flat: tf.reshape(map, [-1, 64]) };
    },
  },
  'crops of one image merged into the batch and parted again': {
    ports: { crops: { shape: [1, 5, 4, 6] } },
    batched: ['crops'],
    fn: ({ crops }) => {
      const n = crops!.shape[0];
      const rows = tf.reshape(crops!, [n * 5, 24]);
      const unit = tf.div(rows, tf.sqrt(tf.sum(tf.square(rows), 1, true)));
      return { rows: unit, mean: tf.mean(tf.reshape(unit, [n, 5, 24]), 1), parted: tf.reshape(unit, [n, 5, 4, 6]) };
    },
  },
  'constants and repetitions that follow the batch': {
    ports: { x: { shape: [1, 3] } },
    batched: ['x'],
    fn: ({ x }) => {
      const n = x!.shape[0];
      return {
        ones: tf.ones([n, 2]),
        joined: tf.concat([x!, tf.fill([n, 2], 0.5)], 1),
        tiled: tf.tile(tf.tensor2d([[1, 2]]), [n, 1]),
        product: tf.matMul(tf.ones([n, 3]), tf.tensor2d([[1], [2], [3]])),
        doubled: tf.concat([x!, tf.neg(x!)], 0),
        thirds: tf.split(tf.concat([x!, x!, x!], 0), [n, -1, n])[2]!,
        halves: tf.stack(tf.split(tf.concat([x!, x!], 0), 2)),
        padded: tf.pad(x!, [
          [0, 0],
          [1, 0],
        ]),
        part: tf.slice(x!, [0, 1], [n, 2]),
        strided: tf.stridedSlice(x!, [0, 0], [n, 3], [1, 2]),
        best: tf.argMax(x!, 1),
        classes: tf.oneHot(tf.argMax(x!, 1), 3),
        probability: tf.softmax(x!),
      };
    },
  },
  "tfjs's own gradient": {
    ports: { x: { shape: [1, 6, 6, 2], layout: 'NCHW' }, filter: { shape: [3, 3, 2, 4] } },
    batched: ['x'],
    fn: ({ x, filter }) => {
      const loss = (image: tf.Tensor): tf.Scalar => tf.sum(tf.square(tf.relu(tf.conv2d(image as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same'))));
      return { gradient: tf.grad(loss)(x!) };
    },
  },
};

/** Rows from..to of axis 0. */
function rows({ dtype, shape, data }: TensorData, from: number, to: number): TensorData {
  const width = data.length / shape[0]!;
  return { dtype, shape: [to - from, ...shape.slice(1)], data: data.slice(from * width, to * width) };
}

describe('A trace with a symbolic batch', () => {
  for (const [title, { ports, batched, fn }] of Object.entries(functions)) {
    const inputs = Object.entries(ports).map(([name, { shape, layout }]) => ({ name, shape, ...(layout ? { layout } : {}) }));
    const model = (): Uint8Array => toOnnx(traceGraph({ inputs, fn, batch: { inputs: batched } }));

    for (const size of [1, 3, 7]) {
      it(`${title}: agrees with tfjs on a batch of ${size}`, async () => {
        const sized = Object.fromEntries(
          Object.entries(ports).map(([name, port]) => [name, batched.includes(name) ? { ...port, shape: [size, ...port.shape.slice(1)] } : port]),
        );
        const feeds = draw(sized, 40 + size);
        assertClose(await runGraph(model(), declared(sized, feeds)), await eager(fn, feeds), 5e-6, title);
      });
    }
  }

  it('gives for three images what it gives for each of them alone', async () => {
    const { ports, fn } = functions['a small network']!;
    const sized: Ports = { ...ports, image: { ...ports['image']!, shape: [3, 8, 8, 3] } };
    const graph = traceGraph({
      inputs: Object.entries(sized).map(([name, { shape, layout }]) => ({ name, shape, ...(layout ? { layout } : {}) })),
      fn,
      batch: { inputs: ['image'] },
    });
    assert.deepEqual(graph.inputs[0]!.type.shape, ['batch', 3, 8, 8]);
    assert.deepEqual(
      graph.outputs.map(({ value }) => value.type.shape),
      [
        ['batch', 4, 4, 4],
        ['batch', 5],
        ['batch', 64],
      ],
    );
    const model = toOnnx(graph);
    const feeds = declared(sized, draw(sized, 9));
    const together = await runGraph(model, feeds);
    for (let i = 0; i < 3; i++) {
      const alone = await runGraph(model, { ...feeds, image: rows(feeds['image']!, i, i + 1) });
      for (const [name, value] of Object.entries(alone)) assertClose({ [name]: value }, { [name]: rows(together[name]!, i, i + 1) }, 1e-6, `image ${i}`);
    }
  });

  it('takes the symbol of a value that the builder already has', () => {
    const first = traceGraph({ inputs: [{ name: 'x', shape: [1, 4] }], fn: ({ x }) => ({ y: tf.exp(x!) }), batch: { symbol: 'images' } });
    assert.deepEqual(first.outputs[0]!.value.type.shape, ['images', 4]);
  });

  it('chooses primes that divide no size of the inputs', () => {
    assert.deepEqual(trials(['batch'], [3, 32, 32]), [{ batch: 5 }, { batch: 7 }]);
    assert.deepEqual(trials(['batch', 'height'], [9, 10, 28]), [
      { batch: 11, height: 17 },
      { batch: 13, height: 19 },
    ]);
  });

  const refuses = (title: string, fn: Fn, pattern: RegExp): void => {
    it(`refuses ${title}`, () => {
      assert.throws(() => traceGraph({ inputs: [{ name: 'x', shape: [1, 4] }], fn, batch: {} }), pattern);
    });
  };
  const size = (t: tf.Tensor): number => t.shape[0];
  refuses(
    'a constant computed from the batch size',
    ({ x }) => ({ y: tf.mul(x!, 1 / size(x!)) }),
    /elements of a constant differs between a batch of 3 and a batch of 5.*tf\.mean/,
  );
  refuses('the batch size as a number', ({ x }) => ({ y: tf.mul(x!, size(x!)) }), /elements of a constant differs/);
  refuses('the batch size as an attribute', ({ x }) => ({ y: tf.leakyRelu(x!, size(x!)) }), /alpha of LeakyRelu depends on a free size/);
  refuses(
    'another sequence of operations for another batch',
    ({ x }) => ({ y: size(x!) > 4 ? tf.exp(x!) : tf.sin(x!) }),
    /Step 1 .* is Sin for a batch of 3, but Exp for a batch of 5/,
  );
  refuses(
    'more operations for a larger batch',
    ({ x }) => ({ y: tf.addN(Array.from({ length: size(x!) }, () => tf.exp(x!))) }),
    /for a batch of 3, but .* for a batch of 5/,
  );
  refuses(
    'a size that grows by another law',
    ({ x }) => ({
      y: tf
        .pad(x!, [
          [0, 1],
          [0, 0],
        ])
        .reshape([size(x!) + 1, 4]),
    }),
    /is not a multiple of batch/,
  );
  refuses(
    'a mean over the batch turned into a matrix of its size',
    ({ x }) => ({ y: tf.matMul(tf.eye(size(x!)), x as tf.Tensor2D) }),
    /differs between a batch of 3 and a batch of 5/,
  );
});
