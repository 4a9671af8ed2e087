/** @file Exact binomial intervals agree with published numbers, with direct binomial sums, and cover. */
import assert from 'node:assert/strict';
import { proportion, proportionText } from '@robenc/shared/evaluation/intervals.js';
import { accuracy, logitAccuracy } from '@robenc/shared/evaluation/accuracy.js';
import { betaCdf, betaQuantile, logGamma } from '@robenc/shared/math/beta.js';
import { Random } from '@robenc/shared/math/random.js';

/** P(X >= k) for X ~ Binomial(n, p), term by term. */
function upperTail(n: number, k: number, p: number): number {
  let sum = 0;
  for (let i = k; i <= n; i++) sum += Math.exp(logGamma(n + 1) - logGamma(i + 1) - logGamma(n - i + 1) + i * Math.log(p) + (n - i) * Math.log1p(-p));
  return sum;
}

describe('Clopper-Pearson intervals', () => {
  it('has the one-sided bounds at level 0.001 that scipy gives', () => {
    const vectors = [
      [100, 100, 0.933254300797],
      [100, 99, 0.911373111296],
      [100, 90, 0.775329880168],
      [1000, 1000, 0.993116048421],
      [1000, 900, 0.867464018025],
      [10000, 9900, 0.986531159324],
      [10000, 5200, 0.504501848879],
      [100000, 100000, 0.999930924833],
      [100000, 99000, 0.988989340377],
      [100000, 75000, 0.745746842136],
      [100000, 52000, 0.515111611285],
    ] as const;
    for (const [n, k, bound] of vectors) assert.ok(Math.abs(betaQuantile(0.001, k, n - k + 1) - bound) < 1e-9, `${k} of ${n}`);
  });

  it('has bounds at which the binomial tails are exactly 2.5 %', () => {
    for (const [k, n] of [
      [1, 4],
      [7, 20],
      [228, 500],
      [499, 500],
    ] as const) {
      const { low, high } = proportion(k, n);
      assert.ok(Math.abs(upperTail(n, k, low) - 0.025) < 1e-10);
      assert.ok(Math.abs(1 - upperTail(n, k + 1, high) - 0.025) < 1e-10);
    }
  });

  it('is closed at 0 and at 1, where the bound is known', () => {
    assert.deepEqual([proportion(0, 10).low, proportion(10, 10).high], [0, 1]);
    assert.ok(Math.abs(proportion(0, 10).high - (1 - 0.025 ** 0.1)) < 1e-12);
    assert.deepEqual(proportion(0, 0), { successes: 0, trials: 0, value: 0, low: 0, high: 1, confidence: 0.95 });
  });

  it('covers the true proportion at least 95 % of the time', () => {
    const random = new Random(3, 'coverage');
    for (const p of [0.02, 0.5, 0.9]) {
      let covered = 0;
      for (let round = 0; round < 1000; round++) {
        let hits = 0;
        for (let i = 0; i < 50; i++) hits += random.next() < p ? 1 : 0;
        const { low, high } = proportion(hits, 50);
        covered += low <= p && p <= high ? 1 : 0;
      }
      assert.ok(covered >= 940, `${covered} of 1000 at p = ${p}`);
    }
  });

  it('refuses counts that make no proportion', () => {
    assert.throws(() => proportion(3, 2), /No interval for 3 of 2/);
    assert.throws(() => proportion(1, 2, 1), /confidence 1/);
  });

  it('prints per cent with the interval', () => assert.match(proportionText(proportion(228, 500)), /^45\.6 % \[41\.2, 50\.1\]$/));
});

describe('the incomplete beta function', () => {
  it('agrees with closed forms', () => {
    for (const x of [0.01, 0.3, 0.77, 0.999]) {
      assert.ok(Math.abs(betaCdf(x, 1, 1) - x) < 1e-13);
      assert.ok(Math.abs(betaCdf(x, 3, 1) - x ** 3) < 1e-13);
      assert.ok(Math.abs(betaCdf(x, 0.5, 0.5) - (2 / Math.PI) * Math.asin(Math.sqrt(x))) < 1e-12);
    }
  });
});

describe('accuracy', () => {
  it('counts hits, takes the lower class in a tie, and counts NaN rows as wrong', () => {
    assert.equal(accuracy([0, 1, 2], [0, 1, 1]).value, 2 / 3);
    assert.equal(logitAccuracy([1, 1, 0, NaN, 5, 6], [0, 0, 1], 2).successes, 2);
    assert.throws(() => accuracy([0], [0, 1]), /1 predictions for 2 labels/);
  });
});
