/** @file Tests of every crop scheme. */
import assert from 'node:assert/strict';
import { check } from '@robenc/shared/config/check.js';
import { cropSchemes } from '@robenc/shared/images/crops/index.js';
import { Random } from '@robenc/shared/math/random.js';

describe('crop schemes', () => {
  for (const scheme of cropSchemes.entries) {
    it(`${scheme.name} gives whole boxes inside of images of any size and shape`, () => {
      const random = new Random(7, scheme.name);
      for (const [height, width] of [
        [32, 32],
        [80, 96],
        [1, 1],
        [3, 200],
        [200, 3],
      ] as const)
        for (let i = 0; i < 200; i++) {
          const box = scheme.sample(random, height, width);
          assert.ok([box.top, box.left, box.height, box.width].every(Number.isInteger));
          assert.ok(box.top >= 0 && box.left >= 0 && box.height >= 1 && box.width >= 1, JSON.stringify(box));
          assert.ok(box.top + box.height <= height && box.left + box.width <= width, JSON.stringify(box));
        }
    });

    it(`${scheme.name} mirrors about half of its crops, and all or none when asked`, () => {
      const random = new Random(8, scheme.name);
      const flips = (options?: Record<string, unknown>) =>
        Array.from({ length: 400 }, () => scheme.sample(random, 32, 32, options)).filter(({ flip }) => flip).length;
      assert.ok(Math.abs(flips() - 200) < 60);
      assert.deepEqual([flips({ flip: 1 }), flips({ flip: 0 })], [400, 0]);
    });

    it(`${scheme.name} has the defaults that its schema states`, () => {
      const defaults = check(scheme.options, {}, scheme.name);
      for (let seed = 0; seed < 20; seed++) assert.deepEqual(scheme.sample(new Random(seed), 40, 50, defaults), scheme.sample(new Random(seed), 40, 50));
    });
  }

  it('crops cover 8 to 100 % of the area with proportions of 3:4 to 4:3', () => {
    const random = new Random(9);
    const boxes = Array.from({ length: 2000 }, () => cropSchemes.get('crops').sample(random, 224, 224));
    const shares = boxes.map(({ height, width }) => (height * width) / 224 ** 2);
    assert.ok(Math.min(...shares) > 0.075 && Math.min(...shares) < 0.1);
    assert.ok(Math.max(...shares) > 0.9);
    assert.ok(boxes.every(({ height, width }) => width / height > 0.73 && width / height < 1.36));
  });

  it('patches are squares of a quarter of the area', () => {
    const random = new Random(10);
    for (let i = 0; i < 100; i++) {
      const { height, width } = cropSchemes.get('patches').sample(random, 32, 32);
      assert.deepEqual([height, width], [16, 16]);
    }
  });
});
