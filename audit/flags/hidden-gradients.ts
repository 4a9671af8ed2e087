/** @file Nodes through which gradients pass that do not tell the truth, found in the graph itself, before anything runs. */
import { remarksBetween } from '@robenc/shared/autodiff/remarks.js';
import type { Block } from '@robenc/shared/graph/operator.js';
import type { Graph } from '@robenc/shared/graph/value.js';
import { operators } from '@robenc/shared/ops/index.js';
import { seesNoGradients } from '../work/engine.js';
import type { WorkPlan } from '../work/plan.js';
import type { SanityCheck } from './flag.js';

/** Named at most; the others are counted. */
const NAMED = 5;

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

export function hiddenGradientsText(blocks: readonly Block[]): string {
  const named = blocks.slice(0, NAMED).map(({ op, node, reason }) => `${op} "${node}": ${reason}`);
  return `${named.join('; ')}${blocks.length > NAMED ? `; and ${blocks.length - NAMED} more` : ''}`;
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
