/** @file Tests of the built-in data set. */
import assert from 'node:assert/strict';
import { imageAt, type ImageSet } from '@robenc/shared/data/image-set.js';
import { openImageSet } from '@robenc/shared/data/open.js';

const open = (split: 'train' | 'test', seed: number, limit: number) => openImageSet({ name: 'shapes', split, seed, limit });

/** Test accuracy of softmax regression on standardised raw pixels, trained by gradient descent with momentum on all images at once. */
function rawPixelAccuracy(train: ImageSet, test: ImageSet): { train: number; test: number } {
  const size = train.height * train.width * 3;
  const classes = train.classes.length;
  const mean = new Float64Array(size);
  for (let i = 0; i < train.count; i++) imageAt(train, i).data.forEach((value, j) => (mean[j]! += value / train.count));
  const features = (set: ImageSet) => Float32Array.from(set.pixels, (value, at) => (value - mean[at % size]!) / 64);
  const [x, y] = [features(train), features(test)];
  const weights = Array.from({ length: classes }, () => new Float64Array(size));
  const speed = Array.from({ length: classes }, () => new Float64Array(size));
  const logits = (data: Float32Array, i: number) =>
    weights.map((own) => {
      let sum = 0;
      for (let j = 0, at = i * size; j < size; j++, at++) sum += own[j]! * data[at]!;
      return sum;
    });
  const accuracy = (set: ImageSet, data: Float32Array) => {
    let hits = 0;
    for (let i = 0; i < set.count; i++) {
      const row = logits(data, i);
      if (row.indexOf(Math.max(...row)) === set.labels![i]) hits++;
    }
    return hits / set.count;
  };
  for (let step = 0; step < 30; step++) {
    for (const own of speed) for (let j = 0; j < size; j++) own[j]! *= 0.9;
    for (let i = 0; i < train.count; i++) {
      const row = logits(x, i);
      const top = Math.max(...row);
      const sum = row.reduce((total, value) => total + Math.exp(value - top), 0);
      speed.forEach((own, k) => {
        const slope = (0.01 / train.count) * (Math.exp(row[k]! - top) / sum - (k === train.labels![i] ? 1 : 0));
        for (let j = 0, at = i * size; j < size; j++, at++) own[j]! -= slope * x[at]!;
      });
    }
    weights.forEach((own, k) => own.forEach((value, j) => (own[j] = value + speed[k]![j]!)));
  }
  return { train: accuracy(train, x), test: accuracy(test, y) };
}

describe('shapes', () => {
  it('leaves a linear classifier on raw pixels below 50 % of the test images', async () => {
    const { train, test } = rawPixelAccuracy(await open('train', 0, 800), await open('test', 0, 400));
    assert.ok(train > 0.3, `the classifier has learnt its training images: ${train}`);
    assert.ok(test < 0.5, `test accuracy ${test}`);
  });

  it('is the same for the same seed and another for another', async () => {
    const one = await open('train', 7, 30);
    assert.deepEqual(await open('train', 7, 30), one);
    assert.notDeepEqual((await open('train', 8, 30)).pixels, one.pixels);
  });

  it('has splits that share no image', async () => {
    const keys = (set: ImageSet) => Array.from({ length: set.count }, (_, i) => Buffer.from(imageAt(set, i).data).toString('base64'));
    const all = [...keys(await open('train', 1, 200)), ...keys(await open('test', 1, 200))];
    assert.equal(new Set(all).size, 400);
  });

  it('has ten classes in alphabetical order, equally many images of each, of 32x32 unless another size is wanted', async () => {
    const set = await open('test', 0, 50);
    assert.deepEqual([...set.classes], [...set.classes].sort());
    assert.deepEqual([set.classes.length, set.height, set.width], [10, 32, 32]);
    const large = await openImageSet({ name: 'shapes', split: 'test', seed: 0, limit: 2, size: { height: 48, width: 48, fit: 'cover' } });
    assert.deepEqual([large.height, large.width, large.pixels.length], [48, 48, 2 * 48 * 48 * 3]);
  });

  it('tells no class by its mean colour: nearest class mean guesses no better than 25 %', async () => {
    const set = await open('train', 0, 2000);
    const colour = (i: number) => [0, 1, 2].map((c) => imageAt(set, i).data.reduce((sum, value, j) => (j % 3 === c ? sum + value : sum), 0) / 1024);
    const colours = Array.from({ length: set.count }, (_, i) => colour(i));
    const means = set.classes.map((_, k) =>
      [0, 1, 2].map((c) => colours.reduce((sum, value, i) => (i < 1000 && set.labels![i] === k ? sum + value[c]! / 100 : sum), 0)),
    );
    const distance = (a: number[], b: number[]) => a.reduce((sum, value, c) => sum + (value - b[c]!) ** 2, 0);
    let hits = 0;
    for (let i = 1000; i < 2000; i++) {
      const nearest = means.reduce((best, mean, k) => (distance(colours[i]!, mean) < distance(colours[i]!, means[best]!) ? k : best), 0);
      if (nearest === set.labels![i]) hits++;
    }
    assert.ok(hits < 250, `${hits} of 1000`);
  });
});
