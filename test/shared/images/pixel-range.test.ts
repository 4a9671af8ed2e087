/** @file Numbers that should be pixels: rounding is clipped, and every other mistake has its own answer. */
import assert from 'node:assert/strict';
import { checkedPixels } from '@robenc/shared/images/pixel-range.js';

describe('pixels that come as numbers', () => {
  it('are taken as they are within [0,1], and clipped where rounding put them outside of it', () => {
    const inside = Float32Array.of(0, 0.5, 1);
    assert.equal(checkedPixels(inside), inside);
    assert.deepEqual(checkedPixels(Float32Array.of(-3e-8, 0.5, 1 + 2e-7)), Float32Array.of(0, 0.5, 1));
  });

  const wrong: Readonly<Record<string, [readonly number[], RegExp]>> = {
    'levels from 0 to 255': [[0, 17, 255], /run from 0 to 255, as levels.*Divide them by 255/],
    'normalised values': [[-2.1, 0, 2.64], /run from -2\.0.* to 2\.6.*, as if mean and deviation had been applied/],
    NaN: [[0, NaN], /Value 1 of the array is NaN/],
    infinity: [[Infinity, 0], /Value 0 of the array is Infinity/],
    'nothing at all': [[], /the array is empty/],
    'a value that overshot': [[0, 1.2], /Value 1 of the array is 1\.2.*; pixels must be numbers from 0 to 1/],
  };
  for (const [title, [values, message]] of Object.entries(wrong))
    it(`${title} are refused by a message of their own`, () => {
      assert.throws(
        () => checkedPixels(Float32Array.from(values)),
        (error: { code: string; message: string }) => error.code === 'bad-input' && message.test(error.message),
      );
    });

  it('no two of these messages are the same', () => {
    const messages = Object.values(wrong).map(([values]) => {
      try {
        checkedPixels(Float32Array.from(values));
        return '';
      } catch (error) {
        return (error as Error).message.replaceAll(/-?\d+(\.\d+)?/g, '');
      }
    });
    assert.equal(new Set(messages.filter((message) => !message.startsWith('Value'))).size, 3);
    assert.ok(messages.every((message) => message.length > 0));
  });
});
