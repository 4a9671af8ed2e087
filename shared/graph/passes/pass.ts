/** @file What a pass is: one way of making a graph leaner without changing what it computes. */
import { GraphBuilder } from '../builder.js';
import { copyInto, type CopyOptions } from '../copy.js';
import type { Operators } from '../operator.js';
import type { Graph, Node, Value } from '../value.js';

export interface Pass {
  readonly name: string;
  /** One sentence for documentation. */
  readonly summary: string;
  /** The same inputs and outputs under the same names, made by fewer or cheaper nodes. */
  run(graph: Graph, operators: Operators): Graph;
}

/** Builds the graph anew, some nodes in another way; equal and dead nodes fall away on the way. */
export function rewritten(graph: Graph, operators: Operators, rewrite: (g: GraphBuilder) => NonNullable<CopyOptions['rewrite']>): Graph {
  const g = new GraphBuilder(operators);
  const { outputs } = copyInto(g, graph, { rewrite: rewrite(g) });
  for (const { name } of graph.outputs) g.output(name, outputs[name]!);
  return g.build(graph.name);
}

/** The nodes that read each value; outputs of the graph have null among them. */
export function readersOf(graph: Graph): ReadonlyMap<Value, readonly (Node | null)[]> {
  const readers = new Map<Value, (Node | null)[]>();
  const add = (value: Value, reader: Node | null): void => void (readers.get(value)?.push(reader) ?? readers.set(value, [reader]));
  for (const node of graph.nodes) for (const input of new Set(node.inputs)) if (input) add(input, node);
  for (const { value } of graph.outputs) add(value, null);
  return readers;
}
