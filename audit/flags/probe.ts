/** @file What attacks on a few images say about the attacks of the audit: nothing can be robust to every change, and one step cannot beat twenty. */
import { percent, proportion } from '@robenc/shared/evaluation/intervals.js';
import type { SanityCheck } from './flag.js';

/** With every pixel free, an image of another class is in reach: what stands then stands because the attack is blind. */
export const survivesAnything: SanityCheck = {
  code: 'survives-anything',
  look({ probe, classes }) {
    if (probe === null) return null;
    const { value, low } = proportion(probe.unbounded, probe.images);
    if (low <= 1 / classes) return null;
    return {
      severity: 'critical',
      message: `With every pixel free (epsilon 1) ${percent(value)} of ${probe.images} images still stand against 20 steps of PGD, more than the ${percent(1 / classes)} of chance: nothing is robust to that, so the gradients lead nowhere. Look at robenc inspect for nodes that hide gradients, and audit with --attack square.`,
    };
  },
};

const FEW = 2;

export const oneStepWins: SanityCheck = {
  code: 'one-step-wins',
  look({ probe }) {
    if (probe === null || probe.oneStepOnly < FEW || probe.oneStepOnly <= probe.manyStepsOnly) return null;
    return {
      severity: 'warning',
      message: `Of ${probe.images} images one step (FGSM) broke ${probe.oneStepOnly} that 20 steps of PGD did not, and PGD ${probe.manyStepsOnly} that FGSM did not: the gradients near the images mislead. Robust accuracy is overestimated by attacks that follow them; audit with --preset standard.`,
    };
  },
};
