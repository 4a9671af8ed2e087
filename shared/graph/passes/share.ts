/** @file Finds nodes that differ only in how many outputs they give, such as a MaxPool and the same one with its indices: the larger serves for both. */
import type { Graph, Node, Value } from '../value.js';

export interface Shared {
  readonly nodes: readonly Node[];
  /** The value to read in place of another. */
  of(value: Value): Value;
}

/** Operators whose gradient rules ask for more outputs than a model uses. */
const SHARED = new Set(['LayerNormalization', 'MaxPool']);

/** The nodes without the smaller ones of each pair, in topological order. */
export function shareOutputs(graph: Graph): Shared {
  const largest = new Map<string, Node>();
  for (const node of graph.nodes) {
    if (!SHARED.has(node.op)) continue;
    const key = keyOf(node);
    const other = largest.get(key);
    if (!other || other.outputs.length < node.outputs.length) largest.set(key, node);
  }
  const replaced = new Map<Value, Value>();
  const placed = new Set<Node>();
  const nodes: Node[] = [];
  for (const node of graph.nodes) {
    const serving = SHARED.has(node.op) ? largest.get(keyOf(node))! : node;
    for (const [i, output] of node.outputs.entries()) if (serving !== node) replaced.set(output, serving.outputs[i]!);
    if (!placed.has(serving)) nodes.push(serving);
    placed.add(serving);
  }
  return { nodes, of: (value) => replaced.get(value) ?? value };
}

function keyOf(node: Node): string {
  const attrs = Object.keys(node.attrs)
    .sort()
    .map((name) => `${name}=${JSON.stringify(node.attrs[name])}`);
  return `${node.domain}.${node.op}|${node.inputs.map((input) => input?.id ?? '').join()}|${attrs.join()}`;
}
