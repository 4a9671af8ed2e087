/** @file Tests of images as tensors. */
import assert from 'node:assert/strict';
import { fromTensor, toTensor } from '@robenc/shared/images/image.js';
import { Random } from '@robenc/shared/math/random.js';
import { noisyImage } from './pillow.js';

describe('images and tensors', () => {
  it('every byte survives the way to [0,1] and back', () => {
    const image = { width: 16, height: 16, data: Uint8Array.from({ length: 768 }, (_, i) => i % 256) };
    const { data, shape } = toTensor([image]);
    assert.deepEqual(shape, [1, 3, 16, 16]);
    assert.deepEqual(fromTensor(data as Float32Array, 16, 16), image);
  });

  it('the second image of a batch comes back from its offset, planes in the order red, green, blue', () => {
    const random = new Random(1);
    const images = [noisyImage(4, 6, () => random.next()), noisyImage(4, 6, () => random.next())];
    const { data } = toTensor(images);
    assert.deepEqual(fromTensor(data as Float32Array, 4, 6, 72), images[1]);
    assert.equal(data[72 + 24], Math.fround(images[1]!.data[1]! / 255));
  });

  it('values outside of [0,1] are clipped', () => {
    assert.deepEqual([...fromTensor(Float32Array.of(-0.2, 1.7, 0.5), 1, 1).data], [0, 255, 128]);
  });

  it('images of different sizes are refused', () => {
    assert.throws(() => toTensor([noisyImage(2, 2, () => 0), noisyImage(2, 3, () => 0)]), /Image 1 is 2x3 .* image 0 is 2x2/);
    assert.throws(() => toTensor([]), /No images/);
  });
});
