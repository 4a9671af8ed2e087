/** @file Numbers of the Poisson distribution. */
import { logGamma } from './beta.js';
import type { Random } from './random.js';

/** Below this mean products of uniform numbers are quicker, and the rejection is not exact. */
const FEW = 10;

/** A whole number with that mean ≥ 0. Small means: products of uniform numbers (Knuth); larger ones: transformed rejection, PTRS (Hörmann, Insurance: Mathematics and Economics 12, 1993). */
export function poisson(mean: number, random: Random): number {
  if (mean < FEW) {
    const limit = Math.exp(-mean);
    let count = 0;
    for (let product = random.next(); product > limit; product *= random.next()) count += 1;
    return count;
  }
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const inverse = 1.1239 + 1.1328 / (b - 3.4);
  const quick = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = random.next() - 0.5;
    const v = random.next();
    const us = 0.5 - Math.abs(u);
    const count = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= quick) return count;
    if (count < 0 || (us < 0.013 && v > us)) continue;
    if (Math.log((v * inverse) / (a / (us * us) + b)) <= count * Math.log(mean) - mean - logGamma(count + 1)) return count;
  }
}
