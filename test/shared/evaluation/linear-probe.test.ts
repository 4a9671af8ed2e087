/** @file The linear probe finds the optimum of its objective, repeats exactly, and its folded head equals the standardised one. */
import assert from 'node:assert/strict';
import { logitAccuracy } from '@robenc/shared/evaluation/accuracy.js';
import { applyHead } from '@robenc/shared/evaluation/linear-head.js';
import { fitLinearHead } from '@robenc/shared/evaluation/linear-probe.js';
import { openProducts, softmaxRegression } from '@robenc/shared/evaluation/softmax-regression.js';
import { fold, measure, standardise } from '@robenc/shared/evaluation/standardise.js';
import { Random } from '@robenc/shared/math/random.js';

const seed = 6;

/** Clusters around class centres, features of very different scales, one of them constant. */
function clusters(count: number, size: number, classes: number, noise: number, keys: string) {
  const centres = new Random(seed, 'centres');
  const centre = Float64Array.from({ length: classes * size }, () => centres.normal());
  const random = new Random(seed, keys);
  const labels = Int32Array.from({ length: count }, (_, i) => i % classes);
  const embeddings = new Float32Array(count * size);
  for (let i = 0; i < count; i++)
    for (let j = 0; j < size; j++) embeddings[i * size + j] = j === 0 ? 3 : 10 ** (j % 4) * (5 + centre[labels[i]! * size + j]! + noise * random.normal());
  return { embeddings, labels };
}

describe('the linear probe', () => {
  it('separates clusters whose features have different scales, and generalises', async () => {
    const train = clusters(600, 16, 4, 0.7, 'train');
    const test = clusters(400, 16, 4, 0.7, 'test');
    const { head, trainAccuracy, heldOut, weightDecay } = await fitLinearHead({ ...train, classes: 4, seed });
    assert.ok(trainAccuracy > 0.97, `train ${trainAccuracy}`);
    const { value } = logitAccuracy(applyHead(head, test.embeddings), test.labels, 4);
    assert.ok(value > 0.95, `test ${value}`);
    assert.equal(heldOut.length, 4);
    assert.ok(heldOut.some((one) => one.weightDecay === weightDecay));
  });

  it('gives exactly the same head again', async () => {
    const data = clusters(200, 8, 3, 1, 'repeat');
    const [a, b] = [await fitLinearHead({ ...data, classes: 3, seed }), await fitLinearHead({ ...data, classes: 3, seed })];
    assert.deepEqual(a, b);
  });

  it('has a gradient that agrees with finite differences, and vanishes where the fit ends', async () => {
    const { embeddings, labels } = clusters(50, 5, 3, 1, 'gradient');
    const standardisation = measure(embeddings, 5);
    const data = { features: standardise(embeddings, standardisation), labels, classes: 3 };
    const products = await openProducts(5, 3);
    try {
      const random = new Random(seed, 'direction');
      const point = Float64Array.from({ length: 18 }, () => random.normal());
      const direction = Float64Array.from({ length: 18 }, () => random.normal());
      const at = (t: number) =>
        softmaxRegression(
          products,
          data,
          0.1,
          point.map((value, i) => value + t * direction[i]!),
        );
      const { gradient } = await at(0);
      const slope = gradient.reduce((sum, value, i) => sum + value * direction[i]!, 0);
      const difference = ((await at(1e-2)).value - (await at(-1e-2)).value) / 2e-2;
      assert.ok(Math.abs(slope - difference) < 1e-3 * Math.abs(slope), `${slope} and ${difference}`);

      const { head } = await fitLinearHead({ embeddings, labels, classes: 3, seed, weightDecay: 0.1 });
      // Undo the folding: W = scale · folded, b = folded bias + mean · folded W.
      const weights = Float64Array.from(head.weights, (value, i) => value * standardisation.scale[Math.floor(i / 3)]!);
      const bias = Float64Array.from(head.bias, (value, k) => value + standardisation.mean.reduce((sum, mean, j) => sum + mean * head.weights[j * 3 + k]!, 0));
      const end = await softmaxRegression(products, data, 0.1, Float64Array.of(...weights, ...bias));
      assert.ok(
        end.gradient.every((value) => Math.abs(value) < 1e-3),
        `largest ${Math.max(...end.gradient.map(Math.abs))}`,
      );
    } finally {
      await products.close();
    }
  });

  it('folds the standardisation into the head without changing a logit', () => {
    const { embeddings } = clusters(20, 6, 2, 1, 'fold');
    const standardisation = measure(embeddings, 6);
    const random = new Random(seed, 'head');
    const weights = Float64Array.from({ length: 12 }, () => random.normal());
    const bias = Float64Array.of(0.3, -0.2);
    const plain = applyHead(
      { size: 6, classes: 2, weights: Float32Array.from(weights), bias: Float32Array.from(bias) },
      standardise(embeddings, standardisation),
    );
    applyHead(fold(weights, bias, standardisation), embeddings).forEach((value, i) =>
      assert.ok(Math.abs(value - plain[i]!) < 1e-3, `${value} and ${plain[i]}`),
    );
  });

  it('gives a feature that fires for one image no larger a lever than a hundredth of the typical deviation', () => {
    const embeddings = new Float32Array(1000 * 2);
    for (let i = 0; i < 1000; i++) embeddings[2 * i] = i % 2;
    embeddings[1] = 1e-3;
    const { scale } = measure(embeddings, 2);
    assert.ok(Math.abs(scale[0]! - 0.5) < 1e-9 && scale[1]! > 0.003);
  });

  it('refuses labels and embeddings that do not fit', async () => {
    const embeddings = Float32Array.of(1, 2, 3, 4);
    await assert.rejects(fitLinearHead({ embeddings, labels: Int32Array.of(0, 1, 0), classes: 2, seed }), /4 values are no embeddings for 3 labels/);
    await assert.rejects(fitLinearHead({ embeddings, labels: Int32Array.of(0, 2), classes: 2, seed }), /Label 1 is 2; with 2 classes it must be 0 to 1/);
    await assert.rejects(fitLinearHead({ embeddings: Float32Array.of(1, NaN), labels: Int32Array.of(0, 1), classes: 2, seed }), /NaN or infinity/);
    await assert.rejects(fitLinearHead({ ...clusters(20, 3, 2, 1, 'stop'), classes: 2, seed, signal: AbortSignal.abort() }), { code: 'cancelled' });
  });
});
