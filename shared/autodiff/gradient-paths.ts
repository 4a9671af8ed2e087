/** @file Between which inputs and outputs of a model gradients pass, what is in their way, and what they do not see. */
import { copyInto } from '../graph/copy.js';
import type { Block } from '../graph/operator.js';
import { isFloat, type Graph, type Value } from '../graph/value.js';
import { newBuilder, operators } from '../ops/index.js';
import { blockedNodes, pathBetween, throughCasts } from './path.js';
import { remarksBetween } from './remarks.js';
import { onesLike, tryGradient } from './vjp.js';

/** Whether d output / d input exists. */
export interface GradientPath {
  /** Its name; `any of <n>` where a model has so many that they are told of together. */
  readonly input: string;
  readonly output: string;
  /** `blocked` where every or some path goes through `blocks`; `none` where the output does not depend on the input through floats. */
  readonly gradient: 'yes' | 'blocked' | 'none';
  readonly blocks: readonly Block[];
  /** Nodes that stop nothing, and that the user should know of: steps whose derivative is 0, estimates, random numbers. */
  readonly remarks: readonly Block[];
}

/** So many pairs of inputs and outputs are told apart. */
const MOST_PAIRS = 64;

interface Group {
  readonly name: string;
  readonly values: readonly Value[];
}

/** For every float input and float output: whether a gradient passes, and what is in its way. */
export function gradientPaths(graph: Graph): GradientPath[] {
  const inputs = graph.inputs.filter(({ type }) => isFloat(type.dtype)).map((value): Group => ({ name: value.name, values: [value] }));
  const outputs = graph.outputs.filter(({ value }) => isFloat(value.type.dtype)).map(({ name, value }): Group => ({ name, values: [value] }));
  if (inputs.length === 0 || outputs.length === 0) return [];
  const many = inputs.length * outputs.length > MOST_PAIRS;
  const refused = refusals(graph, inputs, outputs);
  return (inputs.length > MOST_PAIRS ? [together(inputs)] : inputs).flatMap((input) =>
    (many ? [together(outputs)] : outputs).map((output) => gradientPath(graph, input, output, refused)),
  );
}

function together(groups: readonly Group[]): Group {
  return groups.length === 1 ? groups[0]! : { name: `any of ${groups.length}`, values: groups.flatMap(({ values }) => values) };
}

function gradientPath(graph: Graph, input: Group, output: Group, refused: ReadonlyMap<string, Block>): GradientPath {
  const path = pathBetween(operators, graph.nodes, input.values, output.values, throughCasts({}));
  const known = blockedNodes(operators, path);
  const blocks = path.nodes.flatMap((node) => known.get(node) ?? refused.get(node.name) ?? []);
  const reached = path.nodes.length > 0 || output.values.some((value) => input.values.includes(value));
  return {
    input: input.name,
    output: output.name,
    gradient: !reached ? 'none' : blocks.length > 0 ? 'blocked' : 'yes',
    blocks,
    remarks: remarksBetween(operators, graph.nodes, input.values, output.values),
  };
}

/** The nodes whose rules refuse them as they are, by name: known only by trying. */
function refusals(graph: Graph, inputs: readonly Group[], outputs: readonly Group[]): Map<string, Block> {
  const g = newBuilder();
  const copied = copyInto(g, graph);
  const copies = (groups: readonly Group[]): Value[] => groups.flatMap(({ values }) => values.map(copied.of));
  const seeds = [...new Set(copies(outputs))].map((value) => ({ value, cotangent: onesLike(g, value) }));
  const { blocks } = tryGradient(g, seeds, copies(inputs));
  return new Map(blocks.map((block) => [block.node, block]));
}
