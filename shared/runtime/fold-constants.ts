/** @file Computes what does not depend on the inputs once and for all, by running that part of a graph. */
import { copyInto } from '../graph/copy.js';
import { isFixed } from '../graph/dim.js';
import { toOnnx } from '../graph/to-onnx.js';
import { sizeOf, type Graph, type Node, type TensorData, type Value } from '../graph/value.js';
import { newBuilder, operators } from '../ops/index.js';
import { openSession } from './session.js';

/** A constant may be at most this many times as large as what it is made from: expanding a scalar to an image saves nothing. */
const GROWTH = 4;

/** The same graph with every node that has only constant inputs replaced by its result. Stochastic nodes stay. */
export async function foldConstants(graph: Graph): Promise<Graph> {
  const constant = new Set<Value>();
  const isConstant = (value: Value | null): boolean => value === null || value.data !== null || constant.has(value);
  for (const node of graph.nodes) if (foldable(node) && node.inputs.every(isConstant)) for (const output of node.outputs) constant.add(output);
  const wanted = new Set<Value>();
  const need = (value: Value | null): void => {
    if (value && constant.has(value)) wanted.add(value);
  };
  for (const node of graph.nodes) if (!node.outputs.some((output) => constant.has(output))) node.inputs.forEach(need);
  for (const { value } of graph.outputs) need(value);
  if (wanted.size === 0) return graph;
  const results = await evaluate(graph, [...wanted]);
  const g = newBuilder();
  const { outputs } = copyInto(g, graph, {
    rewrite: (node) =>
      node.outputs.every((output) => results.has(output)) ? node.outputs.map((output) => g.constant(results.get(output)!, output.name)) : null,
  });
  for (const { name } of graph.outputs) g.output(name, outputs[name]!);
  return g.build(graph.name);
}

/** Small against its inputs, of fixed size, and the same at every run. */
function foldable(node: Node): boolean {
  const definition = operators.find(node.op, node.domain);
  if (!definition || definition.stochastic) return false;
  const inputs = node.inputs.reduce((total, value) => total + (value && isFixed(value.type.shape) ? sizeOf(value.type.shape) : 0), 0);
  return node.outputs.every(({ type }) => isFixed(type.shape) && sizeOf(type.shape) <= Math.max(64, GROWTH * inputs));
}

async function evaluate(graph: Graph, values: readonly Value[]): Promise<Map<Value, TensorData>> {
  const g = newBuilder();
  const wanted: Graph = { name: 'constants', inputs: [], outputs: values.map((value, i) => ({ name: `constant${i}`, value })), nodes: upstream(graph, values) };
  const { outputs } = copyInto(g, wanted);
  for (const { name } of wanted.outputs) g.output(name, outputs[name]!);
  const session = await openSession(toOnnx(g.build('constants')), { threads: 1 });
  try {
    const results = await session.run({});
    return new Map(values.map((value, i) => [value, results[`constant${i}`]!]));
  } finally {
    await session.close();
  }
}

/** The nodes that the values need, in order. */
function upstream(graph: Graph, values: readonly Value[]): Node[] {
  const needed = new Set<Value>(values);
  const kept: Node[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    kept.push(node);
    for (const input of node.inputs) if (input) needed.add(input);
  }
  return kept.reverse();
}
