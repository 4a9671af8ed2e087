/** @file Tests of rendering training views. */
import assert from 'node:assert/strict';
import { check } from '@robenc/shared/config/check.js';
import { imageAt, type ImageSet } from '@robenc/shared/data/image-set.js';
import { openImageSet } from '@robenc/shared/data/open.js';
import { toTensor } from '@robenc/shared/images/image.js';
import { Random } from '@robenc/shared/math/random.js';
import { renderBatch } from '@robenc/train/crops/batch.js';
import { viewSamplers } from '@robenc/train/crops/index.js';

const plain = { jitter: 0, grayscale: 0, blur: 0, solarize: 0, flip: 0 };
const common = { seed: 3, epoch: 0, size: 32, options: {} };

describe('training views', () => {
  let set: ImageSet;
  before(async () => {
    set = await openImageSet({ name: 'shapes', split: 'train', seed: 0, limit: 40 });
  });

  for (const { name: sampler } of viewSamplers.entries) {
    it(`${sampler}: view c of image i is row c*batch + i, and does not depend on the batch that it is made in`, () => {
      const area = 3 * 32 * 32;
      const batch = renderBatch(set, [4, 9, 17], { ...common, views: 4, sampler });
      assert.equal(batch.length, 12 * area);
      const other = renderBatch(set, [17, 1, 4, 30], { ...common, views: 4, sampler });
      for (let view = 0; view < 4; view++) {
        const row = (data: Float32Array, size: number, i: number) => data.subarray((view * size + i) * area, (view * size + i + 1) * area);
        assert.deepEqual(row(batch, 3, 0), row(other, 4, 2));
        assert.deepEqual(row(batch, 3, 2), row(other, 4, 0));
      }
    });

    it(`${sampler}: other epochs, seeds and views give other pixels, in [0,1] and never flat`, () => {
      const first = renderBatch(set, [0, 1], { ...common, views: 2, sampler });
      assert.notDeepEqual(renderBatch(set, [0, 1], { ...common, epoch: 1, views: 2, sampler }), first);
      assert.notDeepEqual(renderBatch(set, [0, 1], { ...common, seed: 4, views: 2, sampler }), first);
      assert.notDeepEqual(first.slice(0, 3072), first.slice(2 * 3072, 3 * 3072));
      assert.ok(first.every((value) => value >= 0 && value <= 1));
      assert.ok(Math.max(...first) - Math.min(...first) > 0.2);
    });

    it(`${sampler}: every option has a default, and an unknown one is refused by name`, () => {
      const options = check(viewSamplers.get(sampler).options, {}, sampler) as Record<string, unknown>;
      assert.deepEqual(Object.keys(options).sort(), Object.keys(viewSamplers.get(sampler).options.properties).sort());
      assert.throws(() => renderBatch(set, [0], { ...common, views: 1, sampler, options: { jiter: 1 } }), /jiter is not known here/);
    });
  }

  it('without augmentation the whole image as a crop is the image itself', () => {
    const views = renderBatch(set, [6, 7], { ...common, views: 2, sampler: 'crops', options: { ...plain, scale: [1, 1], ratio: [1, 1] } });
    const { data } = toTensor([6, 7, 6, 7].map((index) => imageAt(set, index)));
    assert.deepEqual(views, data);
  });

  it('always mirrored is the mirror image of never mirrored', () => {
    const render = (flip: number) => renderBatch(set, [5], { ...common, views: 1, sampler: 'patches', options: { ...plain, flip } });
    const [straight, flipped] = [render(0), render(1)];
    for (let y = 0; y < 96; y++) for (let x = 0; x < 32; x++) assert.equal(flipped[y * 32 + x], straight[y * 32 + 31 - x]);
  });

  it('each part of the augmentation happens as often as its option says', () => {
    const indices = Array.from({ length: 40 }, (_, i) => i);
    const base = { ...common, views: 10, sampler: 'patches', size: 8 };
    const without = renderBatch(set, indices, { ...base, options: plain });
    for (const [option, share] of [
      ['jitter', 0.8],
      ['grayscale', 0.2],
      ['blur', 0.5],
      ['solarize', 0.1],
    ] as const) {
      const views = renderBatch(set, indices, { ...base, options: { ...plain, [option]: share, sigma: [1, 2] } });
      let changed = 0;
      for (let row = 0; row < 400; row++) if (views.subarray(row * 192, (row + 1) * 192).some((value, i) => value !== without[row * 192 + i])) changed++;
      // Solarising leaves images alone that have no bright pixel, so only the upper bound is sharp there.
      assert.ok(changed <= 400 * share + 45 && changed >= 400 * share * 0.6 - 10, `${option}: ${changed} of 400`);
    }
  });

  it('grayscale 1 makes the three channels equal', () => {
    const views = renderBatch(set, [3], { ...common, views: 1, sampler: 'crops', options: { ...plain, grayscale: 1 } });
    assert.deepEqual(views.slice(0, 1024), views.slice(1024, 2048));
    assert.deepEqual(views.slice(0, 1024), views.slice(2048, 3072));
  });

  it('writes over a buffer that is given, and leaves the images alone', () => {
    const before = set.pixels.slice();
    const out = new Float32Array(2 * 3 * 16 * 16).fill(9);
    assert.equal(renderBatch(set, [0], { ...common, views: 2, sampler: 'crops', size: 16, out }), out);
    assert.ok(out.every((value) => value <= 1));
    assert.deepEqual(set.pixels, before);
  });

  it('takes well under a millisecond for each view', () => {
    const indices = Array.from({ length: 40 }, (_, i) => i);
    const render = (epoch: number) => renderBatch(set, indices, { ...common, epoch, views: 10, sampler: 'crops' });
    render(0);
    const start = process.cpuUsage();
    render(1);
    const { user, system } = process.cpuUsage(start);
    assert.ok((user + system) / 400 < 1000, `${(user + system) / 400} microseconds each`);
  });

  it('streams of chance are keyed by seed, epoch, image and view alone', () => {
    const out = new Float32Array(3072);
    const sampler = viewSamplers.get('crops');
    sampler.render(imageAt(set, 12), new Random(3, 'view', 5, 12, 1), check(sampler.options, {}, 'crops'), out, 0, 32);
    assert.deepEqual(out, renderBatch(set, [12], { ...common, epoch: 5, views: 2, sampler: 'crops' }).slice(3072));
  });
});
