/** @file Copies a graph into a builder: the way in which graphs are extended, joined and rewritten. */
import type { GraphBuilder } from './builder.js';
import { RobencError } from '../errors.js';
import { describeType, type Graph, type Node, type Value } from './value.js';

/** The copy of a graph inside a builder. */
export interface Copied {
  /** The graph's inputs by name: those given, or new inputs of the builder. */
  readonly inputs: Readonly<Record<string, Value>>;
  /** The graph's outputs by name; none is declared as an output of the builder. */
  readonly outputs: Readonly<Record<string, Value>>;
  /** The copy of any value of the graph that an output needs. */
  of(value: Value): Value;
}

export interface CopyOptions {
  /** Values to use in place of the graph's inputs, by name; types must agree. */
  readonly inputs?: Readonly<Record<string, Value>>;
  /** Answers the outputs of a node made in another way, or null to copy it as it is. `inputs` are already copies. */
  readonly rewrite?: (node: Node, inputs: readonly (Value | null)[]) => readonly Value[] | null;
}

/** Adds all nodes of `graph` to `g`. Throws `mismatch` when a replaced input has another type. */
export function copyInto(g: GraphBuilder, graph: Graph, { inputs = {}, rewrite }: CopyOptions = {}): Copied {
  const map = new Map<Value, Value>();
  for (const input of graph.inputs) {
    const given = inputs[input.name];
    if (given && (given.type.dtype !== input.type.dtype || given.type.shape.length !== input.type.shape.length))
      throw new RobencError(
        'mismatch',
        `Input "${input.name}" of graph "${graph.name}" is ${describeType(input.type)}, but ${describeType(given.type)} was connected to it.`,
      );
    map.set(input, given ?? g.input(input.name, input.type.dtype, input.type.shape));
  }
  const of = (value: Value): Value => {
    let copy = map.get(value);
    if (!copy) {
      if (!value.data) throw new RobencError('bad-input', `"${value.name}" in graph "${graph.name}" is used before it is made.`);
      copy = value.parameter ? g.parameter(value.data, value.name) : g.constant(value.data, value.name);
      map.set(value, copy);
    }
    return copy;
  };
  for (const node of graph.nodes) {
    const nodeInputs = node.inputs.map((input) => input && of(input));
    const outputNames = node.outputs.map((output) => output.name);
    const outputs =
      rewrite?.(node, nodeInputs) ??
      opaqueCopy(g, node, nodeInputs, outputNames) ??
      g.nodeOutputs(node.op, nodeInputs, node.attrs, { domain: node.domain, outputs: node.outputs.length, name: node.name, outputNames });
    for (const [i, output] of node.outputs.entries()) map.set(output, outputs[i]!);
  }
  const named = <T extends { readonly name: string }>(items: readonly T[], value: (item: T) => Value): Record<string, Value> =>
    Object.fromEntries(items.map((item) => [item.name, value(item)]));
  return { inputs: named(graph.inputs, of), outputs: named(graph.outputs, (output) => of(output.value)), of };
}

/** The copy of a node that robenc does not know, which keeps the types that it came with. */
function opaqueCopy(g: GraphBuilder, node: Node, inputs: readonly (Value | null)[], outputNames: readonly string[]): readonly Value[] | null {
  const { op, domain, version, name, attrs, outputs } = node;
  if (version === undefined) return null;
  return g.opaque(
    { op, domain, version, name, outputNames },
    inputs,
    attrs,
    outputs.map((output) => output.type),
  );
}
