/** @file Random nodes in the model: one draw says little, and an attack on one draw less. */
import { operators } from '@robenc/shared/ops/index.js';
import type { SanityCheck } from './flag.js';

export const stochastic: SanityCheck = {
  code: 'stochastic',
  look({ graph, plan }) {
    const random = (graph?.nodes ?? []).filter(({ op, domain }) => operators.find(op, domain)?.stochastic);
    if (random.length === 0) return null;
    const names = random.slice(0, 3).map(({ op, name }) => `${op} "${name}"`);
    if (plan.votes > 1)
      return {
        severity: 'info',
        message: `The model draws random numbers (${names.join(', ')}): means over ${plan.draws} draws were attacked, and ${plan.votes} passes voted on each claim.`,
      };
    return {
      severity: 'critical',
      message: `The model draws random numbers (${names.join(', ')}): a single pass decides nothing. Export it in evaluation mode, or audit it with --preset rand.`,
    };
  },
};
