/** @file Nodes through which gradients pass that do not tell the truth, found in the graph itself, before anything runs. */
import { remarksBetween } from '@robenc/shared/autodiff/remarks.js';
import type { Block } from '@robenc/shared/graph/operator.js';
import type { Graph } from '@robenc/shared/graph/value.js';
import { operators } from '@robenc/shared/ops/index.js';
import { seesNoGradients } from '../work/engine.js';
import type { WorkPlan } from '../work/plan.js';
import type { SanityCheck } from './flag.js';

/** Nodes that are named for each reason; the others are counted. */
const NAMED = 3;

/** Between the pixels and the logits; what draws random numbers has a flag of its own. */
export function hiddenGradients(graph: Graph, plan: Pick<WorkPlan, 'stages' | 'straightThrough'>): readonly Block[] {
  if (seesNoGradients(plan)) return [];
  const straight = new Set(plan.straightThrough);
  const image = graph.inputs.filter(({ name }) => name === 'image');
  const logits = graph.outputs.filter(({ name }) => name === 'logits').map(({ value }) => value);
  const remarks = remarksBetween(operators, graph.nodes, image, logits, { straightThrough: straight });
  const copied = graph.nodes
    .filter(({ op }) => straight.has(op))
    .map(({ name, op }): Block => ({ node: name, op, reason: 'gradients pass as if it copied its input (--straight-through)' }));
  return [...remarks.filter(({ op }) => operators.find(op, '')?.stochastic !== true), ...copied];
}

/** Reasons in the order of the graph, each with the nodes that it is about. */
export function hiddenGradientsText(blocks: readonly Block[]): string {
  const byReason = new Map<string, Block[]>();
  for (const block of blocks) byReason.set(block.reason, [...(byReason.get(block.reason) ?? []), block]);
  return [...byReason]
    .map(([reason, those]) => {
      const named = those.slice(0, NAMED).map(({ op, node }) => `${op} "${node}"`);
      return `${named.join(', ')}${those.length > NAMED ? ` and ${those.length - NAMED} more` : ''}: ${reason}`;
    })
    .join('; ');
}

export const hiddenGradient: SanityCheck = {
  code: 'hidden-gradients',
  look({ graph, plan }) {
    const blocks = graph === null ? [] : hiddenGradients(graph, plan);
    if (blocks.length === 0) return null;
    return {
      severity: 'warning',
      message: `The gradients that were followed are not those of the model: ${hiddenGradientsText(blocks)}. Compare with --attack square, which follows none, or audit the float32 model that this one was made of.`,
    };
  },
};
