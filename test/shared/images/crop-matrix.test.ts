/** @file Tests of crops in float form. */
import assert from 'node:assert/strict';
import { Random } from '@robenc/shared/math/random.js';
import { cropMatrix } from '@robenc/shared/images/crop-matrix.js';
import type { Image } from '@robenc/shared/images/image.js';
import { resizeBox, type Box } from '@robenc/shared/images/resize.js';
import { folderOrSkip } from '../../skip.js';
import { noisyImage, readBoxes, readImages } from './pillow.js';

/** Ay . image . Ax^T in levels, HWC. */
function floatCrop(image: Image, box: Box, size: number, flip = false): Float64Array {
  const rows = cropMatrix(image.height, box.top, box.height, size);
  const columns = cropMatrix(image.width, box.left, box.width, size, flip);
  const result = new Float64Array(size * size * 3);
  for (let y = 0; y < size; y++)
    for (let i = 0; i < image.height; i++) {
      const weight = rows[y * image.height + i]!;
      if (weight !== 0)
        for (let x = 0; x < size; x++)
          for (let j = 0; j < image.width; j++)
            for (let c = 0; c < 3; c++) result[(y * size + x) * 3 + c]! += weight * columns[x * image.width + j]! * image.data[(i * image.width + j) * 3 + c]!;
    }
  return result;
}

describe('cropMatrix', () => {
  for (const name of ['crops', 'crops_large'])
    it(`as a float crop is within 1.01 levels of Pillow, and within 0.25 on average once rounded to levels, on the ${name} reference`, function () {
      const folder = folderOrSkip(this, 'ROBENC_FIXTURES', `reference/${name}`);
      const images = readImages(folder, 'images');
      const crops = readImages(folder, 'crops');
      const boxes = readBoxes(folder);
      let largest = 0;
      let sum = 0;
      boxes.forEach((box, k) =>
        floatCrop(images[Math.floor((k * images.length) / boxes.length)]!, box, 32).forEach((value, i) => {
          largest = Math.max(largest, Math.abs(value - crops[k]!.data[i]!));
          sum += Math.abs(Math.round(value) - crops[k]!.data[i]!);
        }),
      );
      assert.ok(largest <= 1.01, `largest difference ${largest}`);
      assert.ok(sum / (boxes.length * 32 * 32 * 3) <= 0.25, `mean difference ${sum / (boxes.length * 32 * 32 * 3)}`);
    });

  it('agrees with resizeBox within one level, flipped too', () => {
    const random = new Random(11);
    for (let trial = 0; trial < 20; trial++) {
      const image = noisyImage(5 + random.integer(30), 5 + random.integer(30), () => random.next());
      const height = 1 + random.integer(image.height);
      const width = 1 + random.integer(image.width);
      const box = { top: random.integer(image.height - height + 1), left: random.integer(image.width - width + 1), height, width };
      const flip = trial % 2 === 1;
      const bytes = resizeBox(image, box, { height: 12, width: 12 }, flip).data;
      floatCrop(image, box, 12, flip).forEach((value, i) => assert.ok(Math.abs(value - bytes[i]!) <= 1.01, `trial ${trial}: ${value} and ${bytes[i]!}`));
    }
  });

  it('has rows that sum to 1, no negative entry, and nothing outside of the piece', () => {
    for (const [input, start, length, output] of [
      [32, 0, 32, 32],
      [96, 10, 50, 32],
      [40, 39, 1, 8],
      [224, 3, 200, 7],
    ] as const) {
      const matrix = cropMatrix(input, start, length, output);
      for (let i = 0; i < output; i++) {
        const row = matrix.subarray(i * input, (i + 1) * input);
        assert.ok(Math.abs(row.reduce((sum, weight) => sum + weight, 0) - 1) < 1e-6);
        assert.ok(row.every((weight, j) => weight >= 0 && (weight === 0 || (j >= start && j < start + length))));
      }
    }
  });

  it('refuses a piece outside of the axis', () => {
    assert.throws(() => cropMatrix(32, 20, 13, 8), /does not lie in an axis of 32 pixels/);
  });
});
