/** @file What a node reads: its inputs, and for control flow the names that the graphs inside take from around them. */
import type { GraphProto, NodeProto } from '../../proto/onnx.js';

/** Of nodes with graphs inside, which are asked about once for each turn of a loop around them. */
const cache = new WeakMap<NodeProto, ReadonlySet<string>>();

/** Names of values, each once; '' stands for none and is left out. */
export function namesRead(node: NodeProto): ReadonlySet<string> {
  const known = cache.get(node);
  if (known) return known;
  const names = new Set(node.input);
  for (const { g, graphs } of node.attribute) {
    if (g) for (const name of captured(g)) names.add(name);
    for (const graph of graphs) for (const name of captured(graph)) names.add(name);
  }
  names.delete('');
  if (node.attribute.some(({ g, graphs }) => g !== undefined || graphs.length > 0)) cache.set(node, names);
  return names;
}

/** Names that a graph reads and does not make. */
function captured(graph: GraphProto): Set<string> {
  const names = new Set(graph.output.map(({ name }) => name));
  for (const node of graph.node) for (const name of namesRead(node)) names.add(name);
  for (const { name } of graph.input) names.delete(name);
  for (const { name } of graph.initializer) names.delete(name);
  for (const { values } of graph.sparseInitializer) names.delete(values?.name ?? '');
  for (const node of graph.node) for (const name of node.output) names.delete(name);
  return names;
}
