/** @file Steps that are too few or too short to cross the ball: the attack cannot use the radius it is said to have. */
import type { AttackOptions } from '../attacks/attack.js';
import { epsilonText } from './robust-accuracy.js';

/** What is wrong with the constants of an attack at the smallest radius where something is, or null. */
export function weakAttackText(options: readonly AttackOptions[]): string | null {
  for (const one of options) {
    const { epsilon, steps, stepSize } = one as AttackOptions & { steps?: number; stepSize?: number };
    if (steps !== undefined && stepSize !== undefined && steps * stepSize < epsilon * (1 - 1e-9))
      return `${steps} steps of ${epsilonText(stepSize)} move by at most ${epsilonText(steps * stepSize)}, less than epsilon ${epsilonText(epsilon)}: robust accuracy is overestimated. Raise --steps or --step-size.`;
  }
  return null;
}
