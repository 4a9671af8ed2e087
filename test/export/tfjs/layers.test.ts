/** @file Every layer type of tf.layers that can hold images, one by one: traced and run in ONNX Runtime against tfjs itself. */
import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { imageLayers } from './layers.js';
import { parity, randomiseWeights } from './parity.js';

const TOLERANCE = 1e-5;

describe('layers of tf.layers as graphs', () => {
  for (const [title, apply] of imageLayers)
    it(`${title}: equals tfjs for batches of 1 and 3`, async () => {
      await tf.setBackend('cpu');
      const input = tf.input({ shape: [8, 6, 3] });
      const model = tf.model({ inputs: input, outputs: apply(input) });
      randomiseWeights(model, 1);
      const { maxRelativeError } = await parity({ kind: 'layers', model });
      assert.ok(maxRelativeError <= TOLERANCE, `${title}: ${maxRelativeError}`);
    });
});
