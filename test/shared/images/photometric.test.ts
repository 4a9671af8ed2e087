/** @file Tests of the photometric operations. */
import assert from 'node:assert/strict';
import { Random } from '@robenc/shared/math/random.js';
import { photometricOperations } from '@robenc/shared/images/photometric/index.js';
import { folderOrSkip } from '../../skip.js';
import { compareBytes, noisyImage, readCase, readImages } from './pillow.js';

describe('photometric operations', () => {
  for (const operation of photometricOperations.entries)
    it(`${operation.name} gives the very bytes of torchvision and Pillow`, function () {
      const folder = folderOrSkip(this, 'ROBENC_FIXTURES', 'reference/photometric');
      const images = readImages(folder, 'images');
      const results = readImages(folder, 'results');
      const cases = (readCase(folder)['ops'] as [number, string, number][]).map(([image, name, amount], i) => ({ image, name, amount, result: results[i]! }));
      const own = cases.filter(({ name }) => name === operation.name);
      assert.ok(own.length > 0);
      for (const { image, amount, result } of own) {
        const changed = { ...images[image]!, data: images[image]!.data.slice() };
        operation.apply(changed, amount);
        assert.deepEqual(compareBytes(changed.data, result.data), { differing: 0, largest: 0 }, `image ${image}, amount ${amount}`);
      }
    });

  const apply = (name: string, amount: number, size = 16) => {
    const random = new Random(5);
    const image = noisyImage(size, size, () => random.next());
    const before = image.data.slice();
    photometricOperations.get(name).apply(image, amount);
    return { before, after: image.data };
  };

  for (const [name, amount] of [
    ['brightness', 1],
    ['contrast', 1],
    ['saturation', 1],
    ['solarize', 256],
  ] as const)
    it(`${name} by ${amount} changes nothing`, () => {
      const { before, after } = apply(name, amount);
      assert.deepEqual(after, before);
    });

  it('hflip twice changes nothing, on odd widths too', () => {
    const image = noisyImage(3, 5, () => 0.3);
    const before = image.data.slice();
    photometricOperations.get('hflip').apply(image, 0);
    assert.notDeepEqual(image.data, before);
    photometricOperations.get('hflip').apply(image, 0);
    assert.deepEqual(image.data, before);
  });

  it('hue keeps the largest channel of every pixel', () => {
    const { before, after } = apply('hue', 0.3);
    for (let i = 0; i < before.length; i += 3) assert.equal(Math.max(...after.subarray(i, i + 3)), Math.max(...before.subarray(i, i + 3)));
  });

  it('gaussian_blur keeps a flat image flat and spreads a point evenly', () => {
    const flat = { width: 6, height: 4, data: new Uint8Array(72).fill(201) };
    photometricOperations.get('gaussian_blur').apply(flat, 1.7);
    assert.ok(flat.data.every((value) => value === 201));
    const point = { width: 15, height: 15, data: new Uint8Array(675) };
    point.data.fill(255, (7 * 15 + 7) * 3, (7 * 15 + 7) * 3 + 3);
    photometricOperations.get('gaussian_blur').apply(point, 1);
    const at = (y: number, x: number) => point.data[(y * 15 + x) * 3]!;
    for (let d = 1; d < 7; d++) {
      assert.deepEqual([at(7, 7 - d), at(7 - d, 7)], [at(7, 7 + d), at(7 + d, 7)]);
      // Rounded to bytes after the rows and again after the columns: the two directions may differ by a level.
      assert.ok(Math.abs(at(7, 7 + d) - at(7 + d, 7)) <= 1);
    }
    assert.ok(Math.abs(at(7, 7) - 255 / (2 * Math.PI)) < 5, `centre ${at(7, 7)}`);
  });

  it('gaussian_blur wider than the image is defined: the border goes on outside', () => {
    const image = { width: 2, height: 2, data: Uint8Array.from([0, 0, 0, 255, 255, 255, 0, 0, 0, 255, 255, 255]) };
    photometricOperations.get('gaussian_blur').apply(image, 5);
    assert.ok(
      image.data.every((value) => value > 50 && value < 205),
      String(image.data),
    );
  });
});
