/** @file Exact confidence intervals of proportions. */
import { RobencError } from '../errors.js';
import { betaQuantile } from '../math/beta.js';

/** A proportion of a sample and the interval that covers the true one with the given confidence or more. */
export interface Proportion {
  readonly successes: number;
  readonly trials: number;
  /** successes / trials; 0 when there are no trials. */
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly confidence: number;
}

/**
 * The Clopper-Pearson interval (Biometrika 26, 1934): exact, so it covers at least `confidence`, however few the trials.
 * Throws `bad-input` unless 0 <= successes <= trials are integers and 0 < confidence < 1.
 */
export function proportion(successes: number, trials: number, confidence = 0.95): Proportion {
  if (!Number.isInteger(successes) || !Number.isInteger(trials) || successes < 0 || successes > trials || !(confidence > 0 && confidence < 1))
    throw new RobencError(
      'bad-input',
      `No interval for ${successes} of ${trials} at confidence ${confidence}: counts are whole with successes <= trials, and confidence is in (0,1).`,
    );
  const tail = (1 - confidence) / 2;
  const low = successes === 0 ? 0 : betaQuantile(tail, successes, trials - successes + 1);
  const high = successes === trials ? 1 : betaQuantile(1 - tail, successes + 1, trials - successes);
  return { successes, trials, value: trials === 0 ? 0 : successes / trials, low, high, confidence };
}

/** `45.6 % [41.2, 50.1]`, as tables print it. */
export function proportionText({ value, low, high }: Pick<Proportion, 'value' | 'low' | 'high'>): string {
  const number = (part: number) => (100 * part).toFixed(1);
  return `${number(value)} % [${number(low)}, ${number(high)}]`;
}

/** `45.6 %` */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
