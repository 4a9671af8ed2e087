/** @file Logarithm of the determinant of symmetric positive definite matrices, and their inverse, which is its gradient. */
import * as tf from '@tensorflow/tfjs';
import { composite } from '@robenc/export/trace/composite.js';
import { RobencError } from '@robenc/shared/errors.js';

/**
 * log det of each of `a` [n, b, b], symmetric positive definite: [n].  d(log det A) = <A^-1, dA>.
 * One node `LogDetInverse` with outputs (log det, inverse) when traced. Eagerly it is computed in double precision outside the backend, so that
 * it also judges the single-precision sweep of the graph. Throws `bad-input`, eagerly, when a matrix is not positive definite.
 */
export function logDet(a: tf.Tensor3D): tf.Tensor1D {
  const [count, order] = a.shape;
  const withGradient = tf.customGrad((matrix, save) => {
    const [value, inverse] = composite('LogDetInverse', [matrix as tf.Tensor], {}, [[count], [count, order, order]], () => onHost(matrix as tf.Tensor)) as [
      tf.Tensor,
      tf.Tensor,
    ];
    (save as tf.GradSaveFunc)([inverse]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(tf.reshape(dy, [count, 1, 1]), saved[0]!),
    };
  });
  return withGradient(a) as tf.Tensor1D;
}

function onHost(a: tf.Tensor): tf.Tensor[] {
  const [count, order] = a.shape as [number, number, number];
  const { logDet: values, inverse } = sweepInverse(a.dataSync(), count, order);
  return [tf.tensor1d(Float32Array.from(values)), tf.tensor3d(Float32Array.from(inverse), [count, order, order])];
}

/**
 * log det and inverse of `count` symmetric positive definite matrices of that order, row after row, by sweeping each pivot in turn:
 * A <- A - (A[:,k] - e_k)(A[k,:] + e_k)/p with p = A[k,k] leaves the inverse, and the pivots multiply to the determinant.
 * The matrix is first divided by the mean of its diagonal: with pivots far above 1 the formula cancels.
 */
export function sweepInverse(matrices: ArrayLike<number>, count: number, order: number): { logDet: Float64Array; inverse: Float64Array } {
  const inverse = Float64Array.from(matrices);
  const logDet = new Float64Array(count);
  for (let m = 0; m < count; m++) {
    const a = inverse.subarray(m * order * order, (m + 1) * order * order);
    let size = 0;
    for (let k = 0; k < order; k++) size += a[k * order + k]! / order;
    for (let i = 0; i < a.length; i++) a[i] = a[i]! / size;
    logDet[m] = order * Math.log(size) + sweep(a, order);
    for (let i = 0; i < a.length; i++) a[i] = a[i]! / size;
  }
  return { logDet, inverse };
}

/** Inverts `a` in place and answers the sum of the logarithms of its pivots. */
function sweep(a: Float64Array, order: number): number {
  let logDet = 0;
  const row = new Float64Array(order);
  for (let k = 0; k < order; k++) {
    const pivot = a[k * order + k]!;
    if (!(pivot > 0))
      throw new RobencError(
        'bad-input',
        `log det: the matrix is not positive definite (pivot ${k} of ${order} is ${pivot}). Look for NaN in the projections, or lower the learning rate.`,
      );
    logDet += Math.log(pivot);
    row.set(a.subarray(k * order, (k + 1) * order));
    row[k] = pivot + 1;
    for (let i = 0; i < order; i++) {
      const factor = (a[i * order + k]! - (i === k ? 1 : 0)) / pivot;
      for (let j = 0; j < order; j++) a[i * order + j] = a[i * order + j]! - factor * row[j]!;
    }
  }
  return logDet;
}
