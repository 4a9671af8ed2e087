/** @file Certificates of randomised smoothing agree with values computed by SciPy. */
import assert from 'node:assert/strict';
import { smoothedClass } from '@robenc/shared/evaluation/smoothed-class.js';
import { certainCount, certify, farthestRadius, leastHits } from '@robenc/shared/evaluation/smoothing.js';
import { betaCdf } from '@robenc/shared/math/beta.js';
import { Random } from '@robenc/shared/math/random.js';
import { normalQuantile } from '@robenc/shared/math/normal.js';

/** draws, hits, lower bound and radius / sigma at alpha 0.001, or null where it abstains. */
const VECTORS: readonly (readonly [number, number, number, number | null])[] = [
  [100, 100, 0.933254300797, 1.500475],
  [100, 99, 0.911373111296, 1.349259],
  [100, 90, 0.775329880168, 0.756515],
  [1000, 1000, 0.993116048421, 2.463263],
  [1000, 900, 0.867464018025, 1.114483],
  [10_000, 9900, 0.986531159324, 2.21242],
  [10_000, 5200, 0.504501848879, 0.011285],
  [100_000, 100_000, 0.999930924833, 3.811457],
  [100_000, 99_000, 0.988989340377, 2.29],
  [100_000, 75_000, 0.745746842136, 0.661165],
  [100_000, 52_000, 0.515111611285, 0.037888],
];

describe('certificates of randomised smoothing', () => {
  for (const [draws, hits, probability, radius] of VECTORS)
    it(`${hits} of ${draws}`, () => {
      const result = certify(hits, draws, 0.25);
      assert.ok(Math.abs(result.probability - probability) < 1e-9, String(result.probability));
      assert.ok(Math.abs(result.radius! / 0.25 - radius!) < 1e-6, String(result.radius));
    });

  it('the bound is the quantile that the beta distribution says, and the radius that of the normal one, to 1e-9', () => {
    for (const [draws, hits, probability, radius] of VECTORS) {
      if (hits < draws) assert.ok(Math.abs(betaCdf(probability, hits, draws - hits + 1) - 0.001) < 1e-9, `${hits} of ${draws}`);
      else assert.ok(Math.abs(probability - Math.exp(Math.log(0.001) / draws)) < 1e-11);
      assert.ok(Math.abs(normalQuantile(certify(hits, draws, 1).probability) - certify(hits, draws, 1).radius!) < 1e-9 && radius !== null);
    }
  });

  it('the fewest hits that certify are those where one less does not', () => {
    for (const draws of [10, 100, 1000, 100_000]) {
      const least = leastHits(draws, 0.001);
      assert.notEqual(certify(least, draws, 1).radius, null);
      assert.equal(certify(least - 1, draws, 1).radius, null);
    }
    assert.ok(Math.abs(farthestRadius({ sigma: 0.5, draws: 100_000, alpha: 0.001 }) / 0.5 - 3.811457) < 1e-6);
    assert.deepEqual([certainCount(10, 24, 0.001), certainCount(0, 24, 0.001), certainCount(500, 500, 0.001)], [9, 0, 496]);
  });

  it('abstains early when no more hits could certify, with the verdict and a lower bound of the whole count', async () => {
    // A coin that shows class 1 with the given chance, whatever the image.
    const smooth = (share: number) => {
      const coin = new Random(7, share);
      return smoothedClass({
        pixels: Float32Array.of(0.5),
        classes: 3,
        options: { sigma: 1, draws: 1000, alpha: 0.001 },
        random: (what) => new Random(7, what),
        batch: 10,
        classify: (copies) => Promise.resolve(copies.map(() => (coin.next() < share ? 1 : coin.next() < 0.5 ? 0 : 2))),
      });
    };
    const sure = await smooth(0.9);
    assert.deepEqual([sure.index, sure.looked], [1, 1100]);
    assert.equal(sure.radius, certify(sure.hits, 1000, 1).radius);
    const unsure = await smooth(0.4);
    assert.deepEqual([unsure.index, unsure.radius], [-1, null]);
    assert.ok(unsure.looked < 1100 && unsure.looked > 500, String(unsure.looked));
    assert.ok(unsure.probability < certify(400, 1000, 1).probability + 0.05);
  });

  it('abstains where the bound is below one half', () => {
    for (const [draws, hits] of [
      [100, 60],
      [1000, 520],
      [100, 0],
    ] as const)
      assert.equal(certify(hits, draws, 1).radius, null);
  });

  it('refuses draws that are too few for alpha, and counts that do not fit', () => {
    assert.throws(() => certify(9, 9, 1), /9 draws can never certify anything at alpha 0.001.*Draw 10 or more/);
    assert.equal(certify(10, 10, 1).radius! > 0, true);
    assert.throws(() => certify(11, 10, 1), { code: 'bad-input' });
  });

  it('has the quantiles of the normal distribution', () => {
    const known = [
      [0.5, 0],
      [0.975, 1.959963984540054],
      [0.001, -3.090232306167814],
      [0.9, 1.2815515655446004],
      [0.9999999, 5.199337582187471],
    ] as const;
    for (const [p, quantile] of known) assert.ok(Math.abs(normalQuantile(p) - quantile) < 1e-9, `${p}: ${normalQuantile(p)}`);
  });
});
