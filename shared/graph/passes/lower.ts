/** @file Rewrites composite operators (domain `robenc`) into standard ONNX ones; every other node is copied. */
import { GraphBuilder } from '../builder.js';
import type { Operators } from '../operator.js';
import type { Graph, Value } from '../value.js';

/** The graph without composites; names of inputs, outputs and kept nodes stay. */
export function lower(graph: Graph, operators: Operators): Graph {
  const g = new GraphBuilder(operators);
  const map = new Map<Value, Value>();
  for (const input of graph.inputs) map.set(input, g.input(input.name, input.type.dtype, input.type.shape));
  const mapped = (value: Value): Value => {
    let known = map.get(value);
    if (!known) {
      if (!value.data) throw new Error(`"${value.name}" is used before it is made`);
      known = g.constant(value.data, value.name);
      map.set(value, known);
    }
    return known;
  };
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((input) => input && mapped(input));
    const definition = operators.find(node.op, node.domain);
    const outputs = definition?.lower
      ? definition.lower(g, { ...node, inputs })
      : g.nodeOutputs(node.op, inputs, node.attrs, { domain: node.domain, outputs: node.outputs.length, name: node.name, outputNames: node.outputs.map((output) => output.name) });
    for (const [i, output] of node.outputs.entries()) map.set(output, outputs[i]!);
  }
  for (const { name, value } of graph.outputs) g.output(name, mapped(value));
  return g.build(graph.name);
}
