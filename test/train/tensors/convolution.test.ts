/** @file Convolution with PyTorch's padding. */
import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { Random } from '@robenc/shared/math/random.js';
import { convolution } from '@robenc/train/tensors/convolution.js';

describe('convolution', () => {
  before(() => tf.setBackend('cpu'));

  for (const { size, kernel, stride } of [
    { size: 6, kernel: 3, stride: 1 },
    { size: 6, kernel: 3, stride: 2 },
    { size: 5, kernel: 3, stride: 2 },
    { size: 6, kernel: 1, stride: 2 },
  ])
    it(`${size}x${size} by ${kernel}x${kernel}, stride ${stride}: pads the same on every side and sums filter times window`, () => {
      tf.tidy(() => {
        const random = new Random(31, size, kernel, stride);
        const [channels, out, pad] = [2, 3, (kernel - 1) / 2];
        const x = Float32Array.from({ length: size * size * channels }, () => random.normal());
        const filter = Float32Array.from({ length: out * channels * kernel * kernel }, () => random.normal());
        const y = convolution(tf.tensor4d(x, [1, size, size, channels]), tf.tensor4d(filter, [out, channels, kernel, kernel]), stride);
        const side = Math.ceil(size / stride);
        assert.deepEqual(y.shape, [1, side, side, out]);
        const at = (row: number, column: number, c: number): number =>
          row < 0 || column < 0 || row >= size || column >= size ? 0 : x[(row * size + column) * channels + c]!;
        for (const [index, value] of y.dataSync().entries()) {
          const [o, column, row] = [index % out, Math.floor(index / out) % side, Math.floor(index / out / side)];
          let sum = 0;
          for (let c = 0; c < channels; c++)
            for (let i = 0; i < kernel; i++)
              for (let j = 0; j < kernel; j++)
                sum += at(row * stride + i - pad, column * stride + j - pad, c) * filter[((o * channels + c) * kernel + i) * kernel + j]!;
          assert.ok(Math.abs(value - sum) < 1e-5);
        }
      });
    });
});
