/** @file Moves transposes down through arithmetic on each element until they meet others, with which they merge or cancel. */
import type { GraphBuilder } from '../builder.js';
import type { Node, Value } from '../value.js';
import { readersOf, rewritten, type Pass } from './pass.js';

const UNARY = new Set([
  'Abs',
  'Cast',
  'Clip',
  'Elu',
  'Erf',
  'Exp',
  'Gelu',
  'HardSigmoid',
  'HardSwish',
  'LeakyRelu',
  'Log',
  'Mish',
  'Neg',
  'Not',
  'Reciprocal',
  'Relu',
  'Sigmoid',
  'Sign',
  'Softplus',
  'Softsign',
  'Sqrt',
  'Tanh',
]);
const BINARY = new Set(['Add', 'And', 'Div', 'Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'Max', 'Min', 'Mul', 'Or', 'Pow', 'Sub', 'Where']);

const pass: Pass = {
  name: 'cancel-transposes',
  summary: 'transposes move through arithmetic on each element until they cancel',
  run(graph, operators) {
    if (!graph.nodes.some(({ op }) => op === 'Transpose')) return graph;
    const readers = readersOf(graph);
    // Results whose every reader is a transpose, or passes on to such: there a transpose that comes down is swallowed.
    const swallowed = new Set<Value>();
    for (const node of [...graph.nodes].reverse())
      if (
        node.outputs.length === 1 &&
        (readers.get(node.outputs[0]!) ?? []).every(
          (reader) => reader !== null && (reader.op === 'Transpose' || (isElementwise(reader) && swallowed.has(reader.outputs[0]!))),
        )
      )
        swallowed.add(node.outputs[0]!);
    return rewritten(graph, operators, (g) => (node, inputs) => {
      if (!isElementwise(node)) return null;
      const turned = inputs.filter((value): value is Value => value !== null && permOf(value) !== null);
      const perm = turned.length > 0 ? permOf(turned[0]!)! : null;
      if (!perm || perm.length !== node.outputs[0]!.type.shape.length) return null;
      const movable = (value: Value | null): boolean => value === null || value.data !== null || permOf(value)?.join() === perm.join();
      if (!inputs.every(movable)) return null;
      // Several transposes that nothing else reads become one. A single one must be swallowed further down.
      const merges = new Set(turned).size > 1 && node.inputs.every((value) => !value || value.data || readers.get(value)!.length === 1);
      if (!merges && !swallowed.has(node.outputs[0]!)) return null;
      const own = inputs.map((value) => value && (value.data ? turnedBack(g, value, perm) : value.node!.inputs[0]!));
      return [g.transpose(g.node(node.op, own, node.attrs, { name: node.name }), perm)];
    });
  },
};
export default pass;

function isElementwise(node: Node): boolean {
  return node.domain === '' && node.outputs.length === 1 && (UNARY.has(node.op) || BINARY.has(node.op));
}

function permOf(value: Value): readonly number[] | null {
  return value.node?.op === 'Transpose' ? ((value.node.attrs['perm'] as readonly number[] | undefined) ?? null) : null;
}

/** A constant that broadcasts against a transposed value, as it broadcasts against the value itself. */
function turnedBack(g: GraphBuilder, value: Value, perm: readonly number[]): Value {
  const shape = value.type.shape as readonly number[];
  if (shape.every((size) => size === 1)) return value;
  const full = [...new Array<number>(perm.length - shape.length).fill(1), ...shape];
  return g.transpose(
    g.reshape(value, full),
    perm.map((_, axis) => perm.indexOf(axis)),
  );
}
