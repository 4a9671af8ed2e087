/** @file Batch normalisation against its definition, in double precision. */
import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { Random } from '@robenc/shared/math/random.js';
import { batchNormAffine, batchNormTrain } from '@robenc/train/tensors/batch-norm.js';

describe('batch normalisation', () => {
  before(() => tf.setBackend('cpu'));

  for (const shape of [
    [3, 2, 2, 4],
    [6, 4],
  ])
    it(`of [${shape.join(',')}] in training: values, and running statistics with the unbiased variance`, () => {
      tf.tidy(() => {
        const random = new Random(21, 'x');
        const channels = 4;
        const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => 3 + 2 * random.normal());
        const [scale, shift, mean, variance] = [
          [1, 2, 0.5, -1],
          [0, 1, -1, 2],
          [1, 1, 2, 2],
          [4, 3, 2, 1],
        ];
        const result = batchNormTrain(tf.tensor(data, shape), tf.tensor1d(scale), tf.tensor1d(shift), {
          mean: tf.tensor1d(mean),
          variance: tf.tensor1d(variance),
        });
        const y = result.y.dataSync();
        for (let c = 0; c < channels; c++) {
          const values = Array.from(data).filter((_, index) => index % channels === c);
          const m = values.reduce((sum, value) => sum + value, 0) / values.length;
          const squares = values.reduce((sum, value) => sum + (value - m) ** 2, 0);
          for (const [i, value] of values.entries()) {
            const expected = ((value - m) / Math.sqrt(squares / values.length + 1e-5)) * scale[c]! + shift[c]!;
            assert.ok(Math.abs(y[i * channels + c]! - expected) < 1e-5);
          }
          assert.ok(Math.abs(result.mean.dataSync()[c]! - (0.9 * mean[c]! + 0.1 * m)) < 1e-5);
          assert.ok(Math.abs(result.variance.dataSync()[c]! - (0.9 * variance[c]! + (0.1 * squares) / (values.length - 1))) < 1e-5);
        }
      });
    });

  it('with running statistics is x * factor + offset', () => {
    tf.tidy(() => {
      const { factor, offset } = batchNormAffine(tf.tensor1d([2]), tf.tensor1d([1]), { mean: tf.tensor1d([3]), variance: tf.tensor1d([4 - 1e-5]) });
      assert.ok(Math.abs(factor.dataSync()[0]! - 1) < 1e-6);
      assert.ok(Math.abs(offset.dataSync()[0]! + 2) < 1e-6);
    });
  });

  it('refuses a single value per channel, which has no variance', () => {
    tf.tidy(() => {
      const one = tf.tensor1d([1]);
      assert.throws(() => batchNormTrain(tf.ones([1, 1]), one, one, { mean: one, variance: one }), /one value per channel in \[1,1\]. Use at least two images/);
    });
  });
});
