/** @file Nearest neighbours vote by similarity. */
import assert from 'node:assert/strict';
import { knnPredictions } from '@robenc/shared/evaluation/knn.js';

describe('nearest neighbours', () => {
  const train = Float32Array.of(1, 0, 10, 1, 0, 1, 0.1, 5);
  const trainLabels = Int32Array.of(0, 0, 1, 2);

  it('takes the class of the direction, whatever the lengths', () => {
    const predictions = knnPredictions({ train, trainLabels, queries: Float32Array.of(3, 0.1, 0, 0.01), size: 2, classes: 3, k: 1 });
    assert.deepEqual(predictions, Int32Array.of(0, 1));
  });

  it('weighs votes by exp(cosine / temperature), so two close neighbours beat one closer', () => {
    const job = { train: Float32Array.of(1, 0, 1, 0.1, 1, 0.1), trainLabels: Int32Array.of(0, 1, 1), queries: Float32Array.of(1, 0.04), size: 2, classes: 2 };
    assert.equal(knnPredictions({ ...job, k: 1 })[0], 0);
    assert.equal(knnPredictions({ ...job, k: 3 })[0], 1);
    assert.equal(knnPredictions({ ...job, k: 3, temperature: 1e-4 })[0], 0);
  });

  it('refuses embeddings that do not fit the labels', () => {
    assert.throws(
      () => knnPredictions({ train, trainLabels, queries: new Float32Array(3), size: 2, classes: 3 }),
      /8 and 3 values are no embeddings of length 2 for 4 labels/,
    );
  });
});
