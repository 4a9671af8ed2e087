/** @file Every encoder traces: without a Transpose, for any batch, with the numbers that tfjs gives. */
import assert from 'node:assert/strict';
import type * as tf from '@tensorflow/tfjs';
import { traceGraph } from '@robenc/export/trace/trace.js';
import { check } from '@robenc/shared/config/check.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import type { Graph, TensorData } from '@robenc/shared/graph/value.js';
import { Random } from '@robenc/shared/math/random.js';
import type { Encoder, Mode } from '@robenc/train/encoders/encoder.js';
import { encoders } from '@robenc/train/encoders/index.js';
import type { Parameters, Tensors } from '@robenc/train/tensors/parameters.js';
import { assertClose, declared, draw, eager, inputsOf, runGraph, type Feeds, type Fn, type Ports } from './parity.js';

/** Narrow: plain JavaScript computes it. The depth stays as it is. */
const narrow = (encoder: Encoder): object => ({
  embedding: 12,
  projection: 6,
  ...('width' in encoder.config.properties ? { width: 4 } : {}),
  ...('dim' in encoder.config.properties ? { dim: 12 } : {}),
});

const portsOf = (values: Parameters): Ports => Object.fromEntries(Object.entries(values).map(([name, { shape }]) => [name, { shape }]));
const image = (count: number): Ports => ({ image: { shape: [count, 8, 8, 3], layout: 'NCHW', low: 0, high: 1 } });

function rows({ dtype, shape, data }: TensorData, from: number, count: number): TensorData {
  const width = data.length / shape[0]!;
  return { dtype, shape: [count, ...shape.slice(1)], data: data.slice(from * width, (from + count) * width) };
}

/** Many images: normalising three values a channel in the last stage would magnify the last digit of a pixel to 1e-4, in tfjs too; the deeper, the worse. */
const COUNT = 48;

describe('Every encoder traces', () => {
  for (const encoder of encoders.entries.filter(({ foreign }) => !foreign)) {
    const config = check(encoder.config, narrow(encoder), encoder.name);
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

    // Attention takes its heads out of the middle of a tensor; convolutions need no Transpose at all.
    const attends = encoder.name.startsWith('vit');
    const few = attends ? 'few Transposes' : 'no Transpose';
    const most = attends ? 40 : 0;
    // Fifty layers, each normalised by the statistics of a few narrow channels, magnify the last digit further; in use, where statistics are fixed, they do not.
    const trained = encoder.name === 'resnet50' ? 1e-3 : 2e-5;

    it(`${encoder.name} in training: ${few}, and the numbers of tfjs`, async () => {
      const graph = traceGraph({ inputs: inputsOf(ports(COUNT)), fn: fn('train') });
      assert.ok(transposes(graph) <= most, `${transposes(graph)} Transposes`);
      const feeds = { ...values, ...draw(image(COUNT), 50) };
      assertClose(await runGraph(toOnnx(graph), declared(ports(COUNT), feeds)), await eager(fn('train'), feeds), trained, encoder.name);
    });

    it(`${encoder.name} in use: ${few}, the numbers of tfjs, and a batch of three is three images alone`, async () => {
      const graph = traceGraph({ inputs: inputsOf(ports(1)), fn: fn('eval'), batch: { inputs: ['image'] } });
      assert.ok(transposes(graph) <= most, `${transposes(graph)} Transposes`);
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
