/** @file Reverse-mode differentiation of a graph under construction: adds the nodes that compute vector-Jacobian products. */
import { RobencError } from '../errors.js';
import type { GraphBuilder } from '../graph/builder.js';
import { describeType, isFloat, type Node, type Value } from '../graph/value.js';

export interface Seed {
  readonly value: Value;
  /** The cotangent of `value`, in its shape. */
  readonly cotangent: Value;
}

/**
 * Adds to `g` the nodes that compute the gradient of sum over seeds of <cotangent, value> with respect to `wrt`.
 *
 * @returns one value per entry of `wrt`, in its shape; null where no path of floats leads from it to a seed.
 * @throws RobencError `unsupported` naming every operator on such a path through which no gradient passes.
 */
export function gradient(g: GraphBuilder, seeds: readonly Seed[], wrt: readonly Value[]): (Value | null)[] {
  const path = nodesBetween(
    g.nodes,
    wrt,
    seeds.map((seed) => seed.value),
  );
  refuseBlocks(g, path.nodes);
  const cotangents = new Map<Value, Value>();
  const accumulate = (value: Value, cotangent: Value): void => {
    const before = cotangents.get(value);
    cotangents.set(value, before ? g.add(before, cotangent) : cotangent);
  };
  for (const { value, cotangent } of seeds) accumulate(value, cotangent);
  for (const node of path.nodes.reverse()) {
    const dy = node.outputs.map((output) => cotangents.get(output) ?? null);
    if (dy.every((cotangent) => cotangent === null)) continue;
    const needs = node.inputs.map((input) => input !== null && path.values.has(input));
    const rule = g.operators.find(node.op, node.domain)!.grad!;
    const dx = rule(g, node, dy, needs);
    for (const [i, input] of node.inputs.entries()) {
      const cotangent = needs[i] ? dx[i] : null;
      if (input && cotangent) accumulate(input, cotangent);
    }
  }
  return wrt.map((value) => cotangents.get(value) ?? null);
}

/** The nodes, in topological order, and the float values that lie on a path from `sources` to `targets`. */
export function nodesBetween(nodes: readonly Node[], sources: readonly Value[], targets: readonly Value[]): { nodes: Node[]; values: Set<Value> } {
  const reached = new Set<Value>(sources);
  const downstream: Node[] = [];
  for (const node of nodes) {
    if (!node.inputs.some((input) => input && reached.has(input))) continue;
    downstream.push(node);
    for (const output of node.outputs) if (isFloat(output.type.dtype)) reached.add(output);
  }
  const wanted = new Set<Value>(targets);
  const between: Node[] = [];
  for (const node of downstream.reverse()) {
    if (!node.outputs.some((output) => wanted.has(output) && reached.has(output))) continue;
    between.push(node);
    for (const input of node.inputs) if (input && reached.has(input)) wanted.add(input);
  }
  return { nodes: between.reverse(), values: new Set([...reached].filter((value) => wanted.has(value))) };
}

/** A node on a path through which no gradient passes. */
export interface Block {
  readonly node: string;
  readonly op: string;
  readonly reason: string;
}

/** Every node of `nodes` through which no gradient passes, and why. */
export function blocksIn(g: { readonly operators: GraphBuilder['operators'] }, nodes: readonly Node[]): Block[] {
  return nodes.flatMap((node) => {
    const definition = g.operators.find(node.op, node.domain);
    if (definition?.grad) return [];
    return [{ node: node.name, op: node.op, reason: definition?.blocks ?? (definition ? 'it is not differentiable' : 'robenc does not know it') }];
  });
}

function refuseBlocks(g: GraphBuilder, nodes: readonly Node[]): void {
  const blocks = blocksIn(
    g,
    nodes.filter((node) => node.outputs.some((output) => isFloat(output.type.dtype))),
  );
  if (blocks.length === 0) return;
  const list = blocks.map((block) => `${block.op} "${block.node}" (${block.reason})`).join('; ');
  throw new RobencError(
    'unsupported',
    `No gradient passes through ${list}. Cut the model before ${blocks.length === 1 ? 'this node' : 'these nodes'}, or replace ${blocks.length === 1 ? 'it' : 'them'}.`,
  );
}

/** A cotangent of ones in the shape of `value`: differentiates its sum. */
export function onesLike(g: GraphBuilder, value: Value): Value {
  if (!isFloat(value.type.dtype)) throw new RobencError('bad-input', `A gradient of ${describeType(value.type)} was asked for: only floats have one.`);
  return g.expand(g.scalarLike(1, value), value.type.shape, value);
}
