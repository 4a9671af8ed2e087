/** @file The quantile of the standard normal distribution. */

/** Terms of the continued fraction of the tail; beyond |x| = 3 so many give the last digit of a float64. */
const TERMS = 60;

/** Φ(-x) for x ≥ 0: a series near zero, a continued fraction in the tail (Abramowitz and Stegun, 26.2.11 and 26.2.14). */
function upperTail(x: number): number {
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  if (x < 3) {
    let [term, sum] = [x, x];
    for (let k = 3; Math.abs(term) > 1e-18 * sum; k += 2) sum += term *= (x * x) / k;
    return 0.5 - density * sum;
  }
  let fraction = 0;
  for (let k = TERMS; k >= 1; k--) fraction = k / (x + fraction);
  return density / (x + fraction);
}

/** Φ⁻¹(p): the number below which a standard normal one falls with probability p; -Infinity at 0 and Infinity at 1. Absolute error below 1e-9 for 1e-7 ≤ p ≤ 1 - 1e-7. */
export function normalQuantile(p: number): number {
  if (!(p > 0)) return p === 0 ? -Infinity : NaN;
  if (!(p < 1)) return p === 1 ? Infinity : NaN;
  const tail = Math.min(p, 1 - p);
  let [low, high] = [0, 40];
  // Bisection to the last bit: 60 halvings, and no approximation to trust.
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (upperTail(middle) > tail) low = middle;
    else high = middle;
  }
  return p < 0.5 ? -low : low;
}
