/** @file Tests of resizing on bytes. */
import assert from 'node:assert/strict';
import { Random } from '@robenc/shared/math/random.js';
import { fitImage } from '@robenc/shared/images/fit.js';
import { resizeBox } from '@robenc/shared/images/resize.js';
import { folderOrSkip } from '../../skip.js';
import { compareBytes, noisyImage, readBoxes, readImages } from './pillow.js';

describe('resizeBox', () => {
  for (const name of ['crops', 'crops_large'])
    it(`gives Pillow's very bytes for the boxes of the ${name} reference`, function () {
      const folder = folderOrSkip(this, 'ROBENC_FIXTURES', `reference/${name}`);
      const images = readImages(folder, 'images');
      const crops = readImages(folder, 'crops');
      const boxes = readBoxes(folder);
      boxes.forEach((box, i) => {
        const image = images[Math.floor((i * images.length) / boxes.length)]!;
        const { differing } = compareBytes(resizeBox(image, box, { height: 32, width: 32 }).data, crops[i]!.data);
        assert.equal(differing, 0, `box ${i}`);
      });
    });

  it('is the function of the size policy: stretching a cut-out image gives what Pillow gives for its box', function () {
    const folder = folderOrSkip(this, 'ROBENC_FIXTURES', 'reference/crops_large');
    const images = readImages(folder, 'images');
    const crops = readImages(folder, 'crops');
    const boxes = readBoxes(folder);
    boxes.forEach((box, i) => {
      const cut = resizeBox(images[Math.floor((i * images.length) / boxes.length)]!, box, { height: box.height, width: box.width });
      const fitted = fitImage(cut, { height: 32, width: 32, fit: 'stretch' });
      assert.deepEqual(compareBytes(fitted.data, crops[i]!.data), { differing: 0, largest: 0 }, `box ${i}`);
    });
  });

  it('changes nothing where the box has the size of the result', () => {
    const image = noisyImage(9, 7, () => 0.5);
    assert.deepEqual(resizeBox(image, { top: 0, left: 0, height: 9, width: 7 }, { height: 9, width: 7 }), image);
  });

  it('with flip gives the mirror image of what it gives without', () => {
    const random = new Random(3);
    const image = noisyImage(20, 30, () => random.next());
    const box = { top: 2, left: 3, height: 11, width: 17 };
    const straight = resizeBox(image, box, { height: 8, width: 10 });
    const flipped = resizeBox(image, box, { height: 8, width: 10 }, true);
    for (let y = 0; y < 8; y++)
      for (let x = 0; x < 10; x++) for (let c = 0; c < 3; c++) assert.equal(flipped.data[(y * 10 + x) * 3 + c], straight.data[(y * 10 + 9 - x) * 3 + c]);
  });

  it('keeps a flat image flat, at any sizes', () => {
    for (const [from, to] of [
      [1, 5],
      [5, 1],
      [33, 32],
      [7, 64],
      [250, 3],
    ] as const) {
      const image = { width: from, height: from, data: new Uint8Array(from * from * 3).fill(255) };
      const result = resizeBox(image, { top: 0, left: 0, height: from, width: from }, { height: to, width: to });
      assert.ok(
        result.data.every((value) => value === 255),
        `${from} to ${to}`,
      );
    }
  });

  it('refuses boxes that reach outside, are empty, or are not in whole pixels', () => {
    const image = noisyImage(10, 10, () => 0);
    for (const box of [
      { top: 1, left: 0, height: 10, width: 10 },
      { top: 0, left: -1, height: 2, width: 2 },
      { top: 0, left: 0, height: 0, width: 3 },
      { top: 0.5, left: 0, height: 2, width: 2 },
    ])
      assert.throws(() => resizeBox(image, box, { height: 4, width: 4 }), /is not a box of whole pixels inside an image of 10x10/);
  });
});
