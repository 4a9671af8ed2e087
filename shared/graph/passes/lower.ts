/** @file Rewrites composite operators (domain `robenc`) into standard ONNX ones; every other node is copied. */
import { GraphBuilder } from '../builder.js';
import { copyInto } from '../copy.js';
import type { Operators } from '../operator.js';
import type { Graph } from '../value.js';

/** The graph without composites; names of inputs, outputs and kept nodes stay. */
export function lower(graph: Graph, operators: Operators): Graph {
  const g = new GraphBuilder(operators);
  const { outputs } = copyInto(g, graph, {
    rewrite: (node, inputs) => operators.find(node.op, node.domain)?.lower?.(g, { ...node, inputs }) ?? null,
  });
  for (const { name } of graph.outputs) g.output(name, outputs[name]!);
  return g.build(graph.name);
}
