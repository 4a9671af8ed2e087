/** @file Graphs as text, one node a line: what snapshots and error messages show. */
import { describeType, numbersOf, sizeOf, type Attr, type Graph, type Node, type TensorData, type Value } from './value.js';

/** Constants of up to this many elements are written out where they are used. */
const TINY = 8;

/**
 * `greater_0: bool[4,5] = Greater(x0, 0)`, one line for each input, node and output, aligned.
 * Small constants stand where they are used; larger ones show their type.
 */
export function printGraph(graph: Graph): string {
  const lines: [string, string, string][] = [
    ...graph.inputs.map((input): [string, string, string] => [`${input.name}:`, describeType(input.type), '= input']),
    ...graph.nodes.map(nodeColumns),
    ...graph.outputs.map((output): [string, string, string] => [`${output.name}:`, describeType(output.value.type), `= output ${operand(output.value)}`]),
  ];
  const widths = [0, 1].map((column) => Math.max(0, ...lines.map((line) => line[column as 0 | 1].length)));
  return lines.map(([name, type, rest]) => `${name.padEnd(widths[0]!)} ${type.padEnd(widths[1]!)} ${rest}`).join('\n');
}

/** One node as `name: type = Op(inputs) {attributes}`. */
export function printNode(node: Node): string {
  return nodeColumns(node).join(' ');
}

function nodeColumns(node: Node): [string, string, string] {
  const names = `${node.outputs.map((output) => output.name).join(', ')}:`;
  const types = node.outputs.map((output) => describeType(output.type)).join(', ');
  const op = node.domain ? `${node.domain}.${node.op}` : node.op;
  const attrs = Object.keys(node.attrs)
    .sort()
    .map((key) => `${key}: ${attributeText(node.attrs[key]!)}`);
  return [names, types, `= ${op}(${node.inputs.map(operand).join(', ')})${attrs.length > 0 ? ` {${attrs.join(', ')}}` : ''}`];
}

function operand(value: Value | null): string {
  if (value === null) return 'none';
  if (value.data === null) return value.name;
  return sizeOf(value.data.shape) <= TINY ? tensorText(value.data) : `${value.name}<${describeType(value.type)}>`;
}

function tensorText(tensor: TensorData): string {
  const numbers = numbersOf(tensor).map((x) => String(tensor.dtype === 'float32' ? Number(x.toPrecision(7)) : x));
  return tensor.shape.length === 0 ? numbers[0]! : `[${numbers.join(',')}]`;
}

function attributeText(attr: Attr): string {
  if (typeof attr !== 'object') return String(attr);
  return 'dtype' in attr ? tensorText(attr) : `[${attr.join(',')}]`;
}
