/** @file The objective of a linear head: mean softmax cross-entropy plus weight decay, with its gradient; the matrix products run in ONNX Runtime. */
import { toOnnx } from '../graph/to-onnx.js';
import { floats, type TensorData } from '../graph/value.js';
import { crossEntropyRow, softmaxRow } from '../math/logits.js';
import type { Evaluation } from '../math/lbfgs.js';
import { newBuilder } from '../ops/index.js';
import { openSession } from '../runtime/session.js';
import type { Session } from '../runtime/types.js';

/** The two products with the features: X·W and Xᵀ·R. One thread keeps the order of every sum, so fits repeat exactly. */
export interface Products {
  logits(features: Float32Array, weights: Float32Array): Promise<Float32Array>;
  gradient(features: Float32Array, residuals: Float32Array): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Products for features [count, size] and `classes` classes, any count. */
export async function openProducts(size: number, classes: number): Promise<Products> {
  const forward = await openSession(product(['count', size], [size, classes], 0), { threads: 1 });
  const backward = await openSession(product(['count', size], ['count', classes], 1), { threads: 1 });
  const run = async (session: Session, a: TensorData, b: TensorData) => (await session.run({ a, b }))['product']!.data as Float32Array;
  return {
    logits: (features, weights) => run(forward, floats(features, [features.length / size, size]), floats(weights, [size, classes])),
    gradient: (features, residuals) =>
      run(backward, floats(features, [features.length / size, size]), floats(residuals, [residuals.length / classes, classes])),
    async close() {
      await forward.close();
      await backward.close();
    },
  };
}

function product(a: readonly (number | string)[], b: readonly (number | string)[], transA: 0 | 1): Uint8Array {
  const builder = newBuilder();
  builder.output('product', builder.node('Gemm', [builder.input('a', 'float32', a), builder.input('b', 'float32', b)], { transA }));
  return toOnnx(builder.build('product'));
}

/**
 * f(W, b) = mean_i CE(x_i·W + b, y_i) + weightDecay/2 · |W|², at `point` = W [size, classes] followed by b [classes].
 * ∂f/∂W = Xᵀ·(softmax - onehot)/n + weightDecay·W. The bias does not decay.
 */
export async function softmaxRegression(
  products: Products,
  data: { features: Float32Array; labels: Int32Array; classes: number },
  weightDecay: number,
  point: Float64Array,
): Promise<Evaluation> {
  const { features, labels, classes } = data;
  const count = labels.length;
  const weightCount = point.length - classes;
  const logits = await products.logits(features, Float32Array.from(point.subarray(0, weightCount)));
  const residuals = new Float32Array(count * classes);
  const gradient = new Float64Array(point.length);
  let loss = 0;
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < classes; k++) logits[i * classes + k]! += point[weightCount + k]!;
    loss += crossEntropyRow(logits, classes, i, labels[i]!) / count;
    const probabilities = softmaxRow(logits, classes, i);
    probabilities[labels[i]!]! -= 1;
    for (let k = 0; k < classes; k++) {
      residuals[i * classes + k] = probabilities[k]! / count;
      gradient[weightCount + k]! += probabilities[k]! / count;
    }
  }
  gradient.set(await products.gradient(features, residuals));
  let squares = 0;
  for (let j = 0; j < weightCount; j++) {
    squares += point[j]! ** 2;
    gradient[j]! += weightDecay * point[j]!;
  }
  return { value: loss + (weightDecay / 2) * squares, gradient };
}
