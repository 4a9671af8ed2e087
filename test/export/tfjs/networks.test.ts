/** @file Whole networks of tf.layers as graphs: a sequential one, a U-Net, a vision transformer. */
import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { unet, vit } from '../../../bench/peers/tfjs-networks.js';
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
  'a U-Net': unet,
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
});
