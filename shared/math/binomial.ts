/** @file Tails of the binomial distribution, summed exactly in logarithms. */

/** log n!, by sums of logarithms for the counts that occur here. */
function logFactorial(n: number): number {
  let sum = 0;
  for (let k = 2; k <= n; k++) sum += Math.log(k);
  return sum;
}

/** P(X ≥ hits) of X ~ Binomial(trials, p), for 0 < p < 1. */
export function binomialUpperTail(hits: number, trials: number, p: number): number {
  const all = logFactorial(trials);
  let sum = 0;
  for (let k = Math.max(hits, 0); k <= trials; k++)
    sum += Math.exp(all - logFactorial(k) - logFactorial(trials - k) + k * Math.log(p) + (trials - k) * Math.log1p(-p));
  return Math.min(sum, 1);
}

/** The two-sided p-value of `hits` among `trials` against one half: twice the smaller tail, at most 1. */
export function signTest(hits: number, trials: number): number {
  if (trials === 0) return 1;
  return Math.min(1, 2 * binomialUpperTail(Math.max(hits, trials - hits), trials, 0.5));
}
