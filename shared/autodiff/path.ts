/** @file Which nodes lie between inputs and outputs on the way of a gradient, and which of them stop it. */
import { unknownOperator } from '../graph/fusions/index.js';
import { broadcastShapes, sameShape } from '../graph/dim.js';
import type { Block, OpDef, Operators } from '../graph/operator.js';
import { isFloat, type Node, type Value } from '../graph/value.js';

/** How a gradient finds its way. */
export interface PathOptions {
  /** Operators that are differentiated as if they copied their first input (straight-through; BPDA of Athalye et al., arXiv 1802.00420). */
  readonly straightThrough?: ReadonlySet<string>;
  /** Whether the sources are independent of each other also where one is computed from another: no path leads through a node that makes one. */
  readonly independent?: boolean;
  /** Takes every cotangent for finite: masks are products then, which are faster than choices. For who stops where anything is not. */
  readonly finite?: boolean;
}

/** The nodes and values on the way from some values to others. */
export interface Path {
  /** In topological order. */
  readonly nodes: readonly Node[];
  /** Those that have a cotangent. */
  readonly values: ReadonlySet<Value>;
}

/** The nodes and values on a path of floats from `sources` to `targets`; whole numbers belong to it behind an operator that carries cotangents through them. */
export function pathBetween(
  operators: Operators,
  nodes: readonly Node[],
  sources: readonly Value[],
  targets: readonly Value[],
  options: PathOptions = {},
): Path {
  const { nodes: downstream, values: reached } = pathFrom(operators, nodes, sources, options);
  const wanted = new Set<Value>(targets);
  const between: Node[] = [];
  for (const node of [...downstream].reverse()) {
    if (!node.outputs.some((output) => wanted.has(output) && reached.has(output))) continue;
    between.push(node);
    for (const [i, input] of node.inputs.entries()) if (input && reached.has(input) && passesInput(operators, node, i, options)) wanted.add(input);
  }
  return { nodes: between.reverse(), values: new Set([...reached].filter((value) => wanted.has(value))) };
}

/** The nodes that read a value on a path from `sources`, and these values. */
export function pathFrom(operators: Operators, nodes: readonly Node[], sources: readonly Value[], options: PathOptions): Path {
  const reached = new Set<Value>(sources);
  const downstream: Node[] = [];
  for (const node of nodes) {
    if (!node.inputs.some((input, i) => input && reached.has(input) && passesInput(operators, node, i, options))) continue;
    if (options.independent && node.outputs.some((output) => sources.includes(output))) continue;
    downstream.push(node);
    for (const output of node.outputs) if (carries(operators, node, output, reached, options)) reached.add(output);
  }
  return { nodes: downstream, values: reached };
}

/** Whether a cotangent may come back to input i: not where an operator reads only its shape, or takes it for a constant. */
export function passesInput(operators: Operators, node: Node, i: number, { straightThrough }: PathOptions = {}): boolean {
  if (straightThrough?.has(node.op)) return i === 0;
  const definition = operators.find(node.op, node.domain);
  return !definition?.shapeOnly && !definition?.constantInputs?.(node)[i];
}

/** Floats have cotangents. Whole numbers have them where a quantiser made them, and as long as they keep their type. */
function carries(operators: Operators, node: Node, output: Value, reached: ReadonlySet<Value>, { straightThrough }: PathOptions): boolean {
  const { dtype } = output.type;
  if (isFloat(dtype)) return true;
  if (dtype === 'bool') return false;
  if (output === node.outputs[0] && (straightThrough?.has(node.op) || operators.find(node.op, node.domain)?.carriesIntegers)) return true;
  return node.inputs.some((input) => input && reached.has(input) && input.type.dtype === dtype);
}

/** The options under which casts to whole numbers lie on the path, so that they are found on it. */
export function throughCasts({ straightThrough = new Set(), ...options }: PathOptions): PathOptions {
  return { ...options, straightThrough: new Set([...straightThrough, 'Cast']) };
}

/** The nodes of a path that stop the gradient. */
export function blockedNodes(operators: Operators, path: Path, { straightThrough }: PathOptions = {}): Map<Node, Block> {
  const blocks = new Map<Node, Block>();
  for (const node of path.nodes) {
    if (straightThrough?.has(node.op) || !node.outputs.some((output) => path.values.has(output))) continue;
    const reason = reasonOf(operators.find(node.op, node.domain), node);
    if (reason !== null) blocks.set(node, { node: node.name, op: node.op, reason, copyable: isCopyable(node) });
  }
  return blocks;
}

/** Whether the result can be taken for the first input: the same shape, or that input broadcast. */
export function isCopyable({ inputs: [x], outputs: [y] }: Node): boolean {
  const broadcast = x && broadcastShapes(x.type.shape, y!.type.shape);
  return !!broadcast && sameShape(broadcast, y!.type.shape);
}

function reasonOf(definition: OpDef | undefined, node: Node): string | null {
  if (!definition) return unknownOperator(node.op, node.domain);
  const [from, to] = [node.inputs[0]?.type.dtype, node.outputs[0]!.type.dtype];
  if (node.op === 'Cast') return isFloat(from!) && !isFloat(to) ? `it rounds to ${to}, whose derivative is 0 wherever it has one` : null;
  if (definition.grad || definition.parts) return null;
  return definition.blocks ?? (definition.stochastic ? 'its result is random' : 'it is not differentiable');
}
