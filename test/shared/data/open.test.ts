/** @file Tests of opening data sets by name or path, and of limits. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataSpecOf } from '@robenc/shared/data/detect.js';
import { classCounts, imageAt, subset } from '@robenc/shared/data/image-set.js';
import { openImageSet } from '@robenc/shared/data/open.js';
import { chooseIndices, partIndices } from '@robenc/shared/data/select.js';
import { withFolder } from './archives.js';

const common = { split: 'train', seed: 0 } as const;

describe('openImageSet', () => {
  it(
    'names --data for a path that is missing, empty, a file, or without images',
    withFolder(async (folder) => {
      mkdirSync(join(folder, 'empty'));
      mkdirSync(join(folder, 'texts'));
      writeFileSync(join(folder, 'texts', 'a.txt'), 'a');
      const cases = [
        ['nowhere', /There is no .*nowhere\. .*--data/],
        ['empty', /empty is empty\. .*--data/],
        [join('texts', 'a.txt'), /is a file, neither a folder nor a \.tar\.gz archive\. .*--data/],
        ['texts', /has no images \(files ending in .*--data/],
      ] as const;
      for (const [path, message] of cases)
        await assert.rejects(
          openImageSet({ path: join(folder, path), ...common }),
          (error: Error & { field?: string }) => message.test(error.message) && error.field === 'data',
          path,
        );
    }),
  );

  it('names the data sets that there are for a wrong name, and --data for a missing path', async () => {
    await assert.rejects(openImageSet({ name: 'cifar', ...common }), /No data set "cifar"\. There are: cifar10, cifar100, image-folder, shapes\./);
    await assert.rejects(openImageSet({ name: 'cifar10', ...common }), /cifar10 is read from a folder or archive: name it with --data/);
    await assert.rejects(openImageSet(common), /No data set is named\. .*--data/);
  });

  it('refuses a limit that is no count', async () => {
    for (const limit of [0, -3, 1.5]) await assert.rejects(openImageSet({ name: 'shapes', ...common, limit }), /--limit/);
  });

  it(
    'takes "shapes" as the built-in set, unless there is such a folder',
    withFolder(async (folder) => {
      assert.deepEqual(await dataSpecOf('shapes', folder), { name: 'shapes' });
      await assert.rejects(dataSpecOf(join(folder, 'shapes'), folder), /There is no/);
      mkdirSync(join(folder, 'shapes', 'circle'), { recursive: true });
      assert.deepEqual(await dataSpecOf('shapes', folder), { name: 'image-folder', path: join(folder, 'shapes') });
    }),
  );

  it('gives pixels in memory that threads share', async () => {
    const set = await openImageSet({ name: 'shapes', ...common, limit: 3 });
    assert.ok(set.pixels.buffer instanceof SharedArrayBuffer);
    assert.ok(subset(set, [2]).pixels.buffer instanceof SharedArrayBuffer);
  });
});

describe('limits', () => {
  const labels = Int32Array.from({ length: 300 }, (_, i) => (i < 150 ? 0 : i < 290 ? 1 : 2));
  const counts = (indices: Int32Array) => [0, 1, 2].map((label) => indices.filter((index) => labels[index] === label).length);

  it('take alike from every class, as far as it has images', () => {
    assert.deepEqual(counts(chooseIndices(300, labels, { limit: 9, seed: 1 })), [3, 3, 3]);
    assert.deepEqual(counts(chooseIndices(300, labels, { limit: 8, seed: 1 })).sort(), [2, 3, 3]);
    assert.deepEqual(counts(chooseIndices(300, labels, { limit: 50, seed: 1 })), [20, 20, 10]);
    assert.deepEqual(counts(chooseIndices(300, labels, { limit: 12, perClass: true, seed: 1 })), [12, 12, 10]);
  });

  it('are the same for the same seed, others for another, and a larger one keeps the smaller one', () => {
    const small = chooseIndices(300, labels, { limit: 30, seed: 5 });
    assert.deepEqual(chooseIndices(300, labels, { limit: 30, seed: 5 }), small);
    assert.notDeepEqual(chooseIndices(300, labels, { limit: 30, seed: 6 }), small);
    const large = new Set(chooseIndices(300, labels, { limit: 100, seed: 5 }));
    assert.ok(small.every((index) => large.has(index)));
    assert.deepEqual(
      [...small],
      [...small].sort((a, b) => a - b),
    );
  });

  it('without labels are a random choice, and above the count change nothing', () => {
    assert.equal(new Set(chooseIndices(300, null, { limit: 40, seed: 0 })).size, 40);
    assert.equal(chooseIndices(300, labels, { limit: 301, seed: 0 }).length, 300);
  });

  it('of the built-in set are balanced, and a larger one keeps the images of a smaller one', async () => {
    const small = await openImageSet({ name: 'shapes', ...common, limit: 20 });
    const large = await openImageSet({ name: 'shapes', ...common, limit: 3, perClass: true });
    assert.deepEqual([classCounts(small), classCounts(large)], [Array<number>(10).fill(2), Array<number>(10).fill(3)]);
    assert.deepEqual(imageAt(large, 19), imageAt(small, 19));
  });
});

describe('partIndices', () => {
  it('parts items into two that share none and are alike in every class', () => {
    const labels = Int32Array.from({ length: 100 }, (_, i) => i % 10);
    const train = partIndices(100, labels, 'train', 0.2);
    const test = partIndices(100, labels, 'test', 0.2);
    const perClass = (part: Int32Array) => labels.slice(0, 10).map((label) => part.filter((index) => labels[index] === label).length);
    assert.deepEqual([[...perClass(train)], [...perClass(test)]], [Array<number>(10).fill(8), Array<number>(10).fill(2)]);
    assert.deepEqual(
      [...train, ...test].sort((a, b) => a - b),
      Array.from({ length: 100 }, (_, i) => i),
    );
  });

  it('leaves both parts at least one item', () => {
    assert.deepEqual([partIndices(2, null, 'train', 0.01).length, partIndices(2, null, 'test', 0.99).length], [1, 1]);
  });
});
