/** @file Steps that are too few or too short to cross the ball: the attack cannot use the radius it is said to have. */
import { epsilonText } from '@robenc/shared/evaluation/robust-accuracy.js';
import type { SanityCheck } from './flag.js';

export const weakAttack: SanityCheck = {
  code: 'weak-attack',
  look({ options }) {
    const weak = options.flatMap((one) => {
      const { epsilon, steps, stepSize } = one as { epsilon: number; steps?: number; stepSize?: number };
      return steps !== undefined && stepSize !== undefined && steps * stepSize < epsilon * (1 - 1e-9) ? [{ epsilon, steps, stepSize }] : [];
    });
    const [first] = weak;
    if (first === undefined) return null;
    const { epsilon, steps, stepSize } = first;
    const message = `${steps} steps of ${epsilonText(stepSize)} move by at most ${epsilonText(steps * stepSize)}, less than epsilon ${epsilonText(epsilon)}: robust accuracy is overestimated. Raise --steps or --step-size.`;
    return { severity: 'warning', message };
  },
};
