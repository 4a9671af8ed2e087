/** @file Robust accuracies in the form that reports share. */
import type { AuditResult } from '../config/audit.js';
import type { Proportion } from './intervals.js';
import type { EpsilonResult } from './robust-accuracy.js';

/** One entry per radius, ascending; `attack` is the attack's name. */
export function radiusResults(
  attack: string,
  { clean, results }: { clean: Proportion; results: readonly Omit<EpsilonResult, 'zeroGradients' | 'nonFiniteGradients'>[] },
): AuditResult[] {
  return results.map(({ epsilon, options: { epsilon: _radius, norm = 'linf', ...constants }, robust, gradients }) => ({
    norm,
    epsilon,
    attack,
    options: constants,
    images: robust.trials,
    cleanCorrect: clean.successes,
    cleanAccuracy: clean.value,
    cleanInterval: [clean.low, clean.high],
    robustCorrect: robust.successes,
    robustAccuracy: robust.value,
    interval: [robust.low, robust.high],
    robustShareOfCorrect: clean.successes === 0 ? null : robust.successes / clean.successes,
    gradients,
  }));
}
