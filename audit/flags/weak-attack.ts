/** @file The attack cannot cross the ball. */
import { weakAttackText } from '@robenc/shared/evaluation/weak-attack.js';
import type { SanityCheck } from './flag.js';

export const weakAttack: SanityCheck = {
  code: 'weak-attack',
  look({ options }) {
    const message = weakAttackText(options);
    return message === null ? null : { severity: 'warning', message };
  },
};
