/** @file A linear classifier as an oracle, whose smallest perturbations are known in closed form. */
import type { Batch, Oracle } from '@robenc/shared/attacks/attack.js';
import { createBatch, imageSize } from '@robenc/shared/attacks/batch.js';
import { argmaxRows, crossEntropyRow, softmaxRow } from '@robenc/shared/math/logits.js';
import { Random } from '@robenc/shared/math/random.js';

export interface LinearOracle extends Oracle {
  /** [classes, size] */
  readonly weights: Float64Array;
  readonly bias: Float64Array;
  /** Images per call so far, forward and gradient. */
  readonly forwardSizes: number[];
  readonly gradientSizes: number[];
}

/** z = W x + b with normal weights. */
export function linearOracle(size: number, classes: number, seed: number, scale = 1): LinearOracle {
  const random = new Random(seed, 'linear-oracle');
  const weights = Float64Array.from({ length: classes * size }, () => scale * random.normal());
  const bias = Float64Array.from({ length: classes }, () => 0.1 * random.normal());
  const forwardSizes: number[] = [];
  const gradientSizes: number[] = [];
  const logitsOf = (x: Batch): Float32Array =>
    Float32Array.from({ length: x.count * classes }, (_, i) => {
      const [row, k] = [Math.floor(i / classes), i % classes];
      let sum = bias[k]!;
      for (let j = 0; j < size; j++) sum += weights[k * size + j]! * x.data[row * size + j]!;
      return sum;
    });
  return {
    classes,
    weights,
    bias,
    forwardSizes,
    gradientSizes,
    async forward(x) {
      forwardSizes.push(x.count);
      return logitsOf(x);
    },
    async lossAndGradient(x, labels) {
      gradientSizes.push(x.count);
      const logits = logitsOf(x);
      const gradient = new Float32Array(x.count * size);
      const loss = Float32Array.from({ length: x.count }, (_, row) => crossEntropyRow(logits, classes, row, labels[row]!));
      for (let row = 0; row < x.count; row++) {
        const residual = softmaxRow(logits, classes, row);
        residual[labels[row]!]! -= 1;
        for (let j = 0; j < size; j++) for (let k = 0; k < classes; k++) gradient[row * size + j]! += residual[k]! * weights[k * size + j]!;
      }
      return { loss, logits, gradient };
    },
    async marginAndGradient(x, labels, targets, { weights: ranks, floor }) {
      gradientSizes.push(x.count);
      const logits = logitsOf(x);
      const gradient = new Float32Array(x.count * size);
      const loss = new Float32Array(x.count);
      for (let row = 0; row < x.count; row++) {
        const z = logits.subarray(row * classes, (row + 1) * classes);
        const order = [...z.keys()].sort((a, b) => z[b]! - z[a]! || a - b);
        const label = labels[row]!;
        const target = targets[row]! < 0 ? order.find((k) => k !== label)! : targets[row]!;
        const scale = order.slice(0, 4).reduce((sum, k, rank) => sum + ranks[rank]! * z[k]!, floor);
        const margin = z[target]! - z[label]!;
        loss[row] = margin / scale;
        const slope = new Float64Array(classes);
        slope[target]! += 1 / scale;
        slope[label]! -= 1 / scale;
        order.slice(0, 4).forEach((k, rank) => (slope[k]! -= (margin / scale ** 2) * ranks[rank]!));
        for (let j = 0; j < size; j++) for (let k = 0; k < classes; k++) gradient[row * size + j]! += slope[k]! * weights[k * size + j]!;
      }
      return { loss, logits, gradient };
    },
  };
}

/** Uniform images in [low, high] and the oracle's own predictions as labels. */
export async function randomImages(oracle: Oracle, shape: readonly number[], count: number, seed: number, range: readonly [number, number] = [0.2, 0.8]) {
  const random = new Random(seed, 'images');
  const x = createBatch(
    Float32Array.from({ length: count * imageSize({ shape }) }, () => random.uniform(...range)),
    shape,
  );
  return { x, labels: await predictions(oracle, x) };
}

/** The oracle's own predictions. */
export async function predictions(oracle: Oracle, x: Batch): Promise<Int32Array> {
  return argmaxRows(await oracle.forward(x), oracle.classes);
}
