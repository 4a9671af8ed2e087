/** @file Certificates of randomised smoothing agree with values computed by SciPy. */
import assert from 'node:assert/strict';
import { certify } from '@robenc/shared/evaluation/smoothing.js';
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
