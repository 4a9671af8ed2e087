/** @file Results that do not behave as attacks do that see the model: signs of gradients that are masked, or of a search that was ended too early. */
import { percent } from '@robenc/shared/evaluation/intervals.js';
import type { SanityCheck } from './flag.js';

/** Points of accuracy; AutoAttack warns at the same (Croce & Hein 2020, its flags document). */
const BLACK_BOX_GAIN = 0.002;
const FEW = 2;

/** Square sees only the outputs. What it breaks after attacks that follow gradients, these should have found. */
export const blackBoxWins: SanityCheck = {
  code: 'black-box-wins',
  look({ outcome: { stages, samples } }) {
    for (const epsilon of new Set(stages.map((stage) => stage.epsilon))) {
      const own = stages.filter((stage) => stage.epsilon === epsilon);
      const square = own.findIndex(({ attack }) => attack === 'square');
      if (square <= 0) continue;
      const { broken } = own[square]!;
      if (broken < FEW || broken / samples.length <= BLACK_BOX_GAIN) continue;
      return {
        severity: 'warning',
        message: `At ${epsilon.toFixed(4)} Square, which sees no gradients, broke ${broken} images (${percent(broken / samples.length)}) that the attacks with gradients before it had not: the gradients may be masked, and robust accuracy overestimated. Audit with --preset plus, and look at robenc inspect for nodes that hide gradients.`,
      };
    }
    return null;
  },
};

/** Twice the radius breaks more images of any model that is neither perfect nor masked. */
const WIDER = 2;

export const flatCurve: SanityCheck = {
  code: 'flat-curve',
  look({ outcome: { results, clean, stages, certificate }, classes, plan }) {
    if (plan.feeds.kind === 'chunk' || certificate !== undefined) return null;
    const [first, last] = [results.at(0), results.at(-1)];
    if (first === undefined || last === undefined || !(first.epsilon > 0) || last.epsilon < WIDER * first.epsilon) return null;
    // An audit that was ended early has not come to the larger radius.
    if (!stages.some(({ epsilon, attacked }) => epsilon === last.epsilon && attacked > 0)) return null;
    if (last.robust.successes < first.robust.successes || last.robust.low <= 1 / classes) return null;
    return {
      severity: 'warning',
      message: `Robust accuracy is ${percent(last.robust.value)} at ${last.epsilon.toFixed(4)} as at ${first.epsilon.toFixed(4)} (clean ${percent(clean.value)}): a larger radius found nothing more. The gradients may be masked; audit with --preset standard, or at a radius near 1, where nothing can be robust.`,
    };
  },
};

/** Fewer steps than this say nothing about the last ones. */
const STEPS = 10;
const LATE = 0.9;
const LATE_SHARE = 0.1;

/** An attack that still breaks images in its last steps would break more with further ones. */
export const stillFinding: SanityCheck = {
  code: 'still-finding',
  look({ outcome: { stages, samples } }) {
    for (const [i, { attack, epsilon, options, attacked }] of stages.entries()) {
      const { steps, restarts = 1 } = options as { steps?: number; restarts?: number };
      if (steps === undefined || steps < STEPS || restarts !== 1) continue;
      const found = samples.flatMap(({ at }) =>
        at.filter((one) => one.stage === i && one.foundAt === one.epsilon && one.target === null && one.query !== null),
      );
      const late = found.filter(({ query }) => query! > LATE * steps).length;
      if (late < FEW || late / attacked <= LATE_SHARE) continue;
      return {
        severity: 'warning',
        message: `${attack} at ${epsilon.toFixed(4)} broke ${late} of ${attacked} images only in the last tenth of its ${steps} steps: more steps would break more. Raise --steps.`,
      };
    }
    return null;
  },
};
