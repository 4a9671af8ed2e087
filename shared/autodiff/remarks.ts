/**
 * @file What a gradient that passes does not tell by itself: nodes that add a derivative of 0 beside it, estimates, and chance.
 *
 * Whole numbers and truth values made of floats (comparisons, ArgMax, indices) have no cotangent. Where they choose among values that have one (conditions of
 * Where, indices of Gather, masks that are multiplied), the gradient is that of the piece chosen, as through a ReLU, and nothing needs to be said. Where they come
 * back as values of their own, they are steps, whose derivative of 0 would look like robustness.
 */
import type { Block, Operators } from '../graph/operator.js';
import { isFloat, type Node, type Value } from '../graph/value.js';
import { passesInput, pathBetween, pathFrom, throughCasts, type PathOptions } from './path.js';

const STEP = 'its result enters the output as a value, and its derivative is 0 wherever it has one: the gradient does not see it';

/** Every node between `sources` and `targets` of which the user should know although it stops nothing, by name, with the reason. */
export function remarksBetween(
  operators: Operators,
  nodes: readonly Node[],
  sources: readonly Value[],
  targets: readonly Value[],
  options: PathOptions = {},
): Block[] {
  const remark = (node: Node, reason: string): Block => ({ node: node.name, op: node.op, reason });
  const passed = pathBetween(operators, nodes, sources, targets, options);
  const estimates = passed.nodes.flatMap((node) => {
    const estimated = options.straightThrough?.has(node.op) ? undefined : operators.find(node.op, node.domain)?.estimated;
    return estimated === undefined ? [] : [remark(node, `the gradient through it is an estimate, ${estimated}`)];
  });
  const chance = ancestors(nodes, targets)
    .filter((node) => operators.find(node.op, node.domain)?.stochastic)
    .map((node) => remark(node, 'its result is random: every run has a gradient of its own'));
  return [...stepsBetween(operators, nodes, sources, targets, options).map(({ node, reason }) => remark(node, reason)), ...estimates, ...chance];
}

interface Step {
  readonly node: Node;
  readonly reason: string;
}

/** The nodes that make steps of floats on a path, where these steps end in the targets as values. */
function stepsBetween(operators: Operators, nodes: readonly Node[], sources: readonly Value[], targets: readonly Value[], options: PathOptions): Step[] {
  const wide = throughCasts(options);
  const { values: reached } = pathFrom(operators, nodes, sources, wide);
  const onPath = new Set(pathBetween(operators, nodes, sources, targets, wide).nodes);
  /** Values that depend on the sources in steps alone, and whether they are masks: made of truth values. */
  const steps = new Map<Value, boolean>();
  const found: Step[] = [];
  const wanted = new Set<Value>(targets.filter((value) => !reached.has(value)));
  for (const node of nodes) {
    const stepped = node.inputs.filter((input): input is Value => input !== null && steps.has(input));
    const lost = lossOf(operators, node, reached, wide);
    if (stepped.length === 0 && lost === null) continue;
    if (operators.find(node.op, node.domain)?.shapeOnly) continue;
    const isMask = stepped.every((value) => steps.get(value));
    for (const output of node.outputs) if (!reached.has(output)) steps.set(output, output.type.dtype === 'bool' || (lost === null && isMask));
    if (!onPath.has(node)) continue;
    if (lost?.reason && node.outputs.some((output) => reached.has(output))) found.push({ node, reason: lost.reason });
    for (const value of stepped) if (isFloat(value.type.dtype) && !(node.op === 'Mul' && steps.get(value))) wanted.add(value);
  }
  for (const node of [...nodes].reverse()) {
    if (!node.outputs.some((output) => wanted.has(output) && steps.has(output))) continue;
    const lost = lossOf(operators, node, reached, wide);
    if (lost !== null) found.push({ node, reason: lost.reason ?? STEP });
    for (const input of node.inputs) if (input && steps.has(input)) wanted.add(input);
  }
  const order = new Map(nodes.map((node, i) => [node, i]));
  return [...new Map(found.map((step) => [step.node, step])).values()].sort((a, b) => order.get(a.node)! - order.get(b.node)!);
}

/** Whether a node reads a value of a path from which some result of it has no cotangent; with a reason of its own where the operator takes it for a constant. */
function lossOf(operators: Operators, node: Node, reached: ReadonlySet<Value>, options: PathOptions): { reason: string | null } | null {
  const read = node.inputs.flatMap((input, i) => (input && reached.has(input) ? [i] : []));
  if (read.length === 0) return null;
  const held = read.find((i) => !passesInput(operators, node, i, options));
  if (held !== undefined) return { reason: operators.find(node.op, node.domain)?.constantInputs?.(node)[held] ?? null };
  return node.outputs.every((output) => reached.has(output)) ? null : { reason: null };
}

/** The nodes that the targets are computed from. */
function ancestors(nodes: readonly Node[], targets: readonly Value[]): Node[] {
  const wanted = new Set<Value>(targets);
  return [...nodes]
    .reverse()
    .filter((node) => {
      if (!node.outputs.some((output) => wanted.has(output))) return false;
      for (const input of node.inputs) if (input) wanted.add(input);
      return true;
    })
    .reverse();
}
