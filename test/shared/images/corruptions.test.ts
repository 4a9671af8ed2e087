/** @file Common corruptions: each does what its formula says, follows from its seed alone, and grows with its severity. */
import assert from 'node:assert/strict';
import { constantsOf, corrupt, isSmall, type Corruption, type Planes } from '@robenc/shared/images/corruptions/corruption.js';
import { normalBlur, zoom } from '@robenc/shared/images/corruptions/filters.js';
import { corruptions } from '@robenc/shared/images/corruptions/index.js';
import { poisson } from '@robenc/shared/math/poisson.js';
import { Random } from '@robenc/shared/math/random.js';

/** Smooth waves and an edge, away from black and white. */
function picture(width: number, height: number): Planes {
  const data = Float32Array.from({ length: 3 * width * height }, (_, i) => {
    const [plane, y, x] = [Math.floor(i / (width * height)), Math.floor(i / width) % height, i % width];
    const wave = 0.4 + 0.15 * Math.sin((x * (plane + 1)) / 3) + 0.15 * Math.cos(y / (plane + 2));
    return Math.round(255 * (wave + (x > width / 2 ? 0.2 : 0))) / 255;
  });
  return { width, height, data };
}

function grey(value: number, side = 32): Planes {
  return { width: side, height: side, data: new Float32Array(3 * side * side).fill(value) };
}

const make = (name: string, image: Planes, severity: number, seed = 1) => corrupt(corruptions.get(name), image, severity, new Random(seed, name, severity));
const raw = async (name: string, image: Planes, severity: number) => {
  const one: Corruption = corruptions.get(name);
  return one.apply(image, constantsOf(one, severity, image), new Random(3, name));
};
const mean = (values: Float32Array | readonly number[]) => [...values].reduce((sum, value) => sum + value, 0) / values.length;
const distance = (a: Planes, b: Planes) => Math.sqrt(mean(a.data.map((value, i) => (value - b.data[i]!) ** 2)));

describe('common corruptions', () => {
  for (const name of corruptions.names)
    it(`${name}: from the seed alone, in whole levels, at any size, without a change of its input`, async () => {
      for (const [width, height] of [
        [32, 32],
        [7, 5],
        [1, 1],
        [90, 70],
      ] as const)
        for (const severity of [1, 5]) {
          const image = picture(width, height);
          const before = image.data.slice();
          const [one, again] = [await make(name, image, severity), await make(name, image, severity)];
          assert.deepEqual(again, one);
          assert.deepEqual(image.data, before);
          assert.deepEqual([one.width, one.height, one.data.length], [width, height, image.data.length]);
          assert.ok(one.data.every((value) => value >= 0 && value <= 1 && Math.abs(value * 255 - Math.round(value * 255)) < 1e-4));
        }
    });

  it('grow with the severity, in small and in large images', async () => {
    for (const { name } of corruptions.entries.filter(({ name: one }) => one !== 'saturate'))
      for (const side of [32, 96]) {
        const image = picture(side, side);
        const [first, last] = [await make(name, image, 1), await make(name, image, 5)];
        // The elastic maps of small images move corners less and single points more.
        if (name === 'elastic') assert.ok(distance(first, image) > 0.01 && distance(last, image) > 0.01);
        else assert.ok(distance(last, image) > 1.02 * distance(first, image), `${name} ${side}: ${distance(first, image)}, ${distance(last, image)}`);
      }
    assert.deepEqual([isSmall({ width: 300, height: 32 }), isSmall({ width: 65, height: 65 })], [true, false]);
    await assert.rejects(make('fog', picture(8, 8), 6), /no severity 6 of fog/);
  });

  it('noises have the deviation that their formula says', async () => {
    const deviation = async (name: string, value: number, severity: number) => {
      const { data } = await raw(name, grey(value, 64), severity);
      const middle = mean(data);
      assert.ok(Math.abs(middle - value) < 0.01, `${name}: mean ${middle}`);
      return Math.sqrt(mean(data.map((one) => (one - middle) ** 2)));
    };
    const near = (value: number, expected: number) => assert.ok(Math.abs(value / expected - 1) < 0.05, `${value}, expected ${expected}`);
    near(await deviation('gaussian-noise', 0.5, 3), 0.08);
    near(await deviation('speckle-noise', 0.5, 3), 0.5 * 0.12);
    near(await deviation('shot-noise', 0.5, 1), Math.sqrt(0.5 / 500));
    near(await deviation('shot-noise', 0.1, 5), Math.sqrt(0.1 / 50));
    const { data } = await raw('impulse-noise', grey(0.5, 64), 5);
    near(data.filter((value) => value !== 0.5).length / data.length, 0.07);
    assert.ok(data.every((value) => [0, 0.5, 1].includes(value)));
  });

  it('Poisson numbers have the mean, the variance and the share of zeros of their distribution', () => {
    const random = new Random(5);
    for (const lambda of [0, 0.3, 4, 9.9, 10, 30, 400]) {
      const drawn = Array.from({ length: 40_000 }, () => poisson(lambda, random));
      const middle = mean(drawn);
      const variance = mean(drawn.map((value) => (value - middle) ** 2));
      assert.ok(Math.abs(middle - lambda) <= 5 * Math.sqrt(lambda / drawn.length), `mean ${middle} of ${lambda}`);
      assert.ok(Math.abs(variance - lambda) <= 0.04 * lambda, `variance ${variance} of ${lambda}`);
      const zeros = drawn.filter((value) => value === 0).length / drawn.length;
      assert.ok(Math.abs(zeros - Math.exp(-lambda)) < 0.013);
    }
  });

  it('blurs leave an even image as it is, and a point becomes what its kernel says', async () => {
    for (const name of ['gaussian-blur', 'defocus-blur', 'glass-blur', 'motion-blur', 'zoom-blur', 'pixelate', 'jpeg', 'elastic', 'contrast'])
      for (const side of [32, 80]) {
        const { data } = await raw(name, grey(0.5, side), 5);
        assert.ok(
          data.every((value) => Math.abs(value - 0.5) < 3e-3),
          name,
        );
      }
    const point = grey(0, 33);
    point.data[16 * 33 + 16] = 1;
    const blurred = normalBlur(point, 1).data;
    const norm = 1 / (2 * Math.PI);
    for (const [dx, dy] of [
      [0, 0],
      [1, 0],
      [0, 2],
      [2, 1],
    ] as const)
      assert.ok(Math.abs(blurred[(16 + dy) * 33 + 16 + dx]! - norm * Math.exp(-(dx * dx + dy * dy) / 2)) < 1e-4);
    const smeared = (await raw('motion-blur', point, 5)).data;
    assert.ok(Math.abs(mean(smeared) - mean(point.data)) < 1e-6 && smeared[16 * 33 + 16]! > 0.1);
    const image = picture(20, 20);
    assert.ok(distance(zoom(image, 1), image) < 1e-6);
    // A row twice as large is sampled at half steps from the middle on.
    const ramp = { width: 8, height: 1, data: Float32Array.from({ length: 8 }, (_, i) => i) };
    assert.deepEqual(
      [...zoom(ramp, 2).data].map((value) => Math.round(1000 * value)),
      [0, 1, 2, 3, 4, 5, 6, 7].map((i) => Math.round(1000 * (2 + (3 * i) / 7))),
    );
  });

  it('colours change as their formulas say', async () => {
    const image = picture(16, 16);
    const area = 256;
    const contrasted = (await raw('contrast', image, 5)).data;
    for (let k = 0; k < 3; k++) {
      const [was, is] = [image.data.subarray(k * area, (k + 1) * area), contrasted.subarray(k * area, (k + 1) * area)];
      assert.ok(Math.abs(mean(is) - mean(was)) < 1e-5);
      was.forEach((value, i) => assert.ok(Math.abs(is[i]! - mean(was) - 0.15 * (value - mean(was))) < 1e-5));
    }
    const [bright, pale] = [(await raw('brightness', image, 2)).data, (await raw('saturate', image, 1)).data];
    for (let i = 0; i < area; i++) {
      const pixel = (data: Float32Array) => [data[i]!, data[area + i]!, data[2 * area + i]!];
      const [was, light, grey3] = [pixel(image.data), pixel(bright), pixel(pale)];
      const most = Math.max(...was);
      assert.ok(Math.abs(Math.max(...light) - Math.min(most + 0.1, 1)) < 1e-5);
      // Saturation of HSV: unchanged by brightness, three tenths of it at the first severity of saturate.
      const saturation = (values: number[]) => 1 - Math.min(...values) / Math.max(...values);
      assert.ok(Math.abs(saturation(light) - saturation(was)) < 1e-5 && Math.abs(saturation(grey3) - 0.3 * saturation(was)) < 1e-5);
      assert.ok(Math.abs(Math.max(...grey3) - most) < 1e-5);
    }
    assert.ok(
      (await raw('fog', grey(0, 16), 5)).data.every((value) => value === 0),
      'fog is as bright as the brightest pixel at most',
    );
    const misty = (await raw('fog', grey(0.8, 16), 5)).data;
    assert.ok(Math.max(...misty) <= 0.8 + 1e-6 && Math.min(...misty) < 0.6);
  });

  it('pixelate makes blocks, JPEG the bytes of a codec', async () => {
    const { data } = await raw('pixelate', picture(32, 32), 5);
    // 20 of 32 columns are left, so at least 12 pixels of each row are as their neighbour.
    const same = [...Array(31).keys()].filter((x) => Math.abs(data[x]! - data[x + 1]!) < 1e-7).length;
    assert.ok(same >= 12, String(same));
    const image = picture(32, 32);
    const [fine, coarse] = [distance(await make('jpeg', image, 1), image), distance(await make('jpeg', image, 5), image)];
    assert.ok(fine > 0 && coarse > fine && coarse < 0.1, `${fine} ${coarse}`);
  });
});
