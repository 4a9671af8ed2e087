/** @file Every encoder traces: without a Transpose, for any batch, with the numbers that tfjs gives. */
import assert from 'node:assert/strict';
import type * as tf from '@tensorflow/tfjs';
import { traceGraph } from '@robenc/export/trace/trace.js';
import { check } from '@robenc/shared/config/check.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import type { Graph, TensorData } from '@robenc/shared/graph/value.js';
import { Random } from '@robenc/shared/math/random.js';
import type { Mode } from '@robenc/train/encoders/encoder.js';
import { encoders } from '@robenc/train/encoders/index.js';
import type { Parameters, Tensors } from '@robenc/train/tensors/parameters.js';
import { assertClose, declared, draw, eager, inputsOf, runGraph, type Feeds, type Fn, type Ports } from './parity.js';

/** Small projectors: the residual part stays as it is. */
const SIZES = { embedding: 12, projection: 6 };

const portsOf = (values: Parameters): Ports => Object.fromEntries(Object.entries(values).map(([name, { shape }]) => [name, { shape }]));
const image = (count: number): Ports => ({ image: { shape: [count, 8, 8, 3], layout: 'NCHW', low: 0, high: 1 } });

function rows({ dtype, shape, data }: TensorData, from: number, count: number): TensorData {
  const width = data.length / shape[0]!;
  return { dtype, shape: [count, ...shape.slice(1)], data: data.slice(from * width, (from + count) * width) };
}

describe('Every encoder traces', () => {
  for (const encoder of encoders.entries) {
    const config = check(encoder.config, SIZES, encoder.name);
    const { params, state } = encoder.init(config, new Random(1, 'initial'));
    const values: Feeds = Object.fromEntries(Object.entries({ ...params, ...state }).map(([name, tensor]) => [name, { dtype: 'float32' as const, ...tensor }]));
    const fn =
      (mode: Mode): Fn =>
      (inputs) => {
        const pick = (from: Parameters): Tensors => Object.fromEntries(Object.keys(from).map((name) => [name, inputs[name]!]));
        const { embedding, projection } = encoder.apply(config, pick(params), pick(state), inputs['image'] as tf.Tensor4D, mode);
        return { embedding, projection };
      };
    const ports = (count: number): Ports => ({ ...image(count), ...portsOf(params), ...portsOf(state) });
    const transposes = (graph: Graph): number => graph.nodes.filter(({ op }) => op === 'Transpose').length;

    it(`${encoder.name} in training: no Transpose, and the numbers of tfjs`, async () => {
      // Eight images: normalising three values a channel in the last stage would magnify the last digit of a pixel to 1e-4, in tfjs too.
      const graph = traceGraph({ inputs: inputsOf(ports(8)), fn: fn('train') });
      assert.equal(transposes(graph), 0);
      const feeds = { ...values, ...draw(image(8), 50) };
      assertClose(await runGraph(toOnnx(graph), declared(ports(8), feeds)), await eager(fn('train'), feeds), 2e-5, encoder.name);
    });

    it(`${encoder.name} in use: no Transpose, the numbers of tfjs, and a batch of three is three images alone`, async () => {
      const graph = traceGraph({ inputs: inputsOf(ports(1)), fn: fn('eval'), batch: { inputs: ['image'] } });
      assert.equal(transposes(graph), 0);
      const model = toOnnx(graph);
      const feeds = { ...values, ...draw(image(3), 51) };
      const channelsFirst = declared(ports(3), feeds);
      const together = await runGraph(model, channelsFirst);
      assertClose(together, await eager(fn('eval'), feeds), 1e-5, encoder.name);
      for (let i = 0; i < 3; i++) {
        const alone = await runGraph(model, { ...channelsFirst, image: rows(channelsFirst['image']!, i, 1) });
        assertClose(alone, Object.fromEntries(Object.entries(together).map(([name, tensor]) => [name, rows(tensor, i, 1)])), 1e-5, `image ${i}`);
      }
    });
  }
});
