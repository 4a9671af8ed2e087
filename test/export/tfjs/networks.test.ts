/** @file Whole networks of tf.layers as graphs: a sequential one, a U-Net, a vision transformer. */
import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { unet, vit } from '../../../bench/peers/tfjs-networks.js';
import { compareOutputs } from '@robenc/export/verify.js';
import { traceTfjsModel } from '@robenc/export/tfjs/trace-model.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import { floats, sizeOf } from '@robenc/shared/graph/value.js';
import { Random } from '@robenc/shared/math/random.js';
import { openSession } from '@robenc/shared/runtime/session.js';
import { refusal } from '../../refusal.js';
import { parity, randomiseWeights } from './parity.js';

/** A tenth of what is promised. */
const TOLERANCE = 1e-5;

const networks: Readonly<Record<string, () => tf.LayersModel>> = {
  'a sequential network': () =>
    tf.sequential({
      layers: [
        tf.layers.conv2d({ inputShape: [16, 16, 3], filters: 6, kernelSize: 3, activation: 'relu' }),
        tf.layers.maxPooling2d({ poolSize: 2 }),
        tf.layers.flatten(),
        tf.layers.dense({ units: 5, activation: 'softmax' }),
      ],
    }),
  'a U-Net': () => unet(),
  'a vision transformer': vit,
};

describe('networks of tf.layers as graphs', () => {
  for (const [title, make] of Object.entries(networks))
    it(`${title}: equals tfjs for batches of 1 and 3`, async () => {
      await tf.setBackend('cpu');
      const model = make();
      randomiseWeights(model, 1);
      const { maxRelativeError } = await parity({ kind: 'layers', model });
      assert.ok(maxRelativeError <= TOLERANCE, `${title}: ${maxRelativeError}`);
    });

  const classifier = (padding: 'same' | 'valid') =>
    tf.sequential({
      layers: [
        tf.layers.conv2d({ inputShape: [null, null, 3], filters: 8, kernelSize: 3, strides: 2, padding, activation: 'relu6' }),
        tf.layers.batchNormalization(),
        tf.layers.depthwiseConv2d({ kernelSize: 3, strides: 2, padding: 'same' }),
        tf.layers.upSampling2d({ size: [2, 2] }),
        tf.layers.globalAveragePooling2d({}),
        tf.layers.dense({ units: 5 }),
      ],
    });
  const free: Readonly<Record<string, () => tf.LayersModel>> = { 'a U-Net': () => unet(null), 'a classifier': () => classifier('same') };
  for (const [title, make] of Object.entries(free))
    it(`${title} of free heights and widths: one graph equals tfjs at several sizes`, async () => {
      await tf.setBackend('cpu');
      const model = make();
      randomiseWeights(model, 2);
      const { graph, fn, inputs } = traceTfjsModel({ kind: 'layers', model }, { size: { height: '4*height', width: '4*width' }, nchw: false });
      assert.deepEqual(graph.inputs[0]!.type.shape, ['batch', '4*height', '4*width', 3]);
      const session = await openSession(toOnnx(graph));
      const random = new Random(3, title);
      const feeds = [
        [1, 8, 12, 3],
        [2, 20, 4, 3],
        [1, 32, 32, 3],
      ].map((shape) => ({
        [inputs[0]!.name]: floats(
          Float32Array.from({ length: sizeOf(shape) }, () => random.uniform(-1, 1)),
          shape,
        ),
      }));
      const { maxRelativeError } = await compareOutputs({ graph: title, session, fn, feeds }).finally(() => session.close());
      assert.ok(maxRelativeError <= TOLERANCE, `${title}: ${maxRelativeError}`);
    });

  it('what a network makes of sizes that do not divide is refused, with what to do', async () => {
    await tf.setBackend('cpu');
    const size = { height: '4*height', width: '4*width' };
    assert.throws(
      () => traceTfjsModel({ kind: 'layers', model: classifier('valid') }, { size, nchw: false }),
      refusal('unsupported', /In Conv2D "conv2d.*fixed sizes/),
    );
  });
});
