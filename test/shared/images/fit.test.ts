/** @file Tests of the size policy. */
import assert from 'node:assert/strict';
import { fitImage } from '@robenc/shared/images/fit.js';
import { resizeBox } from '@robenc/shared/images/resize.js';
import { Random } from '@robenc/shared/math/random.js';
import { noisyImage } from './pillow.js';

describe('fitImage', () => {
  const random = new Random(2);
  const wide = noisyImage(20, 50, () => random.next());

  it('returns an image of the right size as it is, under every policy', () => {
    for (const fit of ['cover', 'contain', 'stretch', 'exact'] as const) assert.equal(fitImage(wide, { height: 20, width: 50, fit }), wide);
  });

  it('cover takes the largest centred piece of the right proportions', () => {
    assert.deepEqual(
      fitImage(wide, { height: 10, width: 10, fit: 'cover' }),
      resizeBox(wide, { top: 0, left: 15, height: 20, width: 20 }, { height: 10, width: 10 }),
    );
    assert.deepEqual(
      fitImage(wide, { height: 8, width: 40, fit: 'cover' }),
      resizeBox(wide, { top: 5, left: 0, height: 10, width: 50 }, { height: 8, width: 40 }),
    );
  });

  it('contain keeps the whole image between bars of mid-grey', () => {
    const fitted = fitImage(wide, { height: 10, width: 10, fit: 'contain' });
    const inner = resizeBox(wide, { top: 0, left: 0, height: 20, width: 50 }, { height: 4, width: 10 });
    assert.deepEqual(fitted.data.slice(3 * 30, 7 * 30), inner.data);
    assert.ok([...fitted.data.slice(0, 90), ...fitted.data.slice(7 * 30)].every((value) => value === 128));
  });

  it('stretch gives up the proportions', () => {
    assert.deepEqual(
      fitImage(wide, { height: 10, width: 10, fit: 'stretch' }),
      resizeBox(wide, { top: 0, left: 0, height: 20, width: 50 }, { height: 10, width: 10 }),
    );
  });

  it('exact refuses any other size and names --resize', () => {
    assert.throws(() => fitImage(wide, { height: 32, width: 32, fit: 'exact' }), /An image is 20x50 .* 32x32 .* --resize/);
  });

  it('copes with images that are one pixel high or wide', () => {
    for (const [height, width] of [
      [1, 300],
      [300, 1],
      [1, 1],
    ] as const)
      for (const fit of ['cover', 'contain', 'stretch'] as const) {
        const fitted = fitImage(
          noisyImage(height, width, () => 0.5),
          { height: 8, width: 8, fit },
        );
        assert.equal(fitted.data.length, 192);
      }
  });
});
