/** @file Random nodes in the model: one draw says little, and an attack on one draw less. */
import type { Graph, Node } from '@robenc/shared/graph/value.js';
import { operators } from '@robenc/shared/ops/index.js';
import type { SanityCheck } from './flag.js';

/** Nodes that draw random numbers. */
export function randomNodes({ nodes }: Graph): readonly Node[] {
  return nodes.filter(({ op, domain }) => operators.find(op, domain)?.stochastic);
}

export const stochastic: SanityCheck = {
  code: 'stochastic',
  look({ graph, plan }) {
    const random = graph === null ? [] : randomNodes(graph);
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
