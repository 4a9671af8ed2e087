/** @file The sweep that gives log det and inverse together. */
import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { Random } from '@robenc/shared/math/random.js';
import { logDet, sweepInverse } from '@robenc/train/tensors/log-det-inverse.js';

/** I + scale * Z Z^T, row after row. */
function gram(order: number, scale: number, seed: number): Float64Array {
  const random = new Random(seed, 'gram');
  const z = Array.from({ length: order }, () => Array.from({ length: order + 3 }, () => random.normal()));
  return Float64Array.from({ length: order * order }, (_, at) => {
    const [i, j] = [Math.floor(at / order), at % order];
    return (i === j ? 1 : 0) + scale * z[i]!.reduce((sum, value, k) => sum + value * z[j]![k]!, 0);
  });
}

describe('log det and inverse by sweeping', () => {
  before(() => tf.setBackend('cpu'));

  it('is exact on a matrix that is inverted by hand', () => {
    const { logDet: values, inverse } = sweepInverse([4, 2, 2, 3], 1, 2);
    assert.ok(Math.abs(values[0]! - Math.log(8)) < 1e-14);
    for (const [i, expected] of [3 / 8, -2 / 8, -2 / 8, 4 / 8].entries()) assert.ok(Math.abs(inverse[i]! - expected) < 1e-15);
  });

  it('times its matrix is the identity, for pivots far above 1 too', () => {
    const order = 20;
    const a = gram(order, 1e5, 3);
    const { inverse } = sweepInverse(a, 1, order);
    for (let i = 0; i < order; i++)
      for (let j = 0; j < order; j++) {
        let sum = 0;
        for (let k = 0; k < order; k++) sum += a[i * order + k]! * inverse[k * order + j]!;
        assert.ok(Math.abs(sum - (i === j ? 1 : 0)) < 1e-7, `entry ${i},${j} is ${sum}`);
      }
  });

  it('has the inverse as its gradient', () => {
    const order = 5;
    const [a, b] = [gram(order, 0.5, 1), gram(order, 0.5, 2)];
    tf.tidy(() => {
      const matrices = tf.tensor3d(Float32Array.from([...a, ...b]), [2, order, order]);
      const gradient = tf
        .grad((x) => tf.sum(tf.mul(logDet(x as tf.Tensor3D), [1, 3])))(matrices)
        .dataSync();
      const { inverse } = sweepInverse([...a, ...b], 2, order);
      for (const [i, value] of inverse.entries()) assert.ok(Math.abs(gradient[i]! - value * (i < order * order ? 1 : 3)) < 1e-6);
    });
  });

  it('names the pivot of a matrix that is not positive definite', () => {
    assert.throws(() => sweepInverse([1, 2, 2, 1], 1, 2), /pivot 1 of 2/);
  });
});
