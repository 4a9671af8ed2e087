/** @file One node of a file on its way into a graph, as the upgrades from older operator sets see it. */
import { RobencError } from '../errors.js';
import type { GraphBuilder } from './builder.js';
import { floats, integers, numbersOf, type Attrs, type Value } from './value.js';

export interface ImportedNode {
  readonly op: string;
  readonly domain: string;
  readonly name: string;
  /** null stands for an omitted optional input. */
  readonly inputs: readonly (Value | null)[];
  readonly attrs: Attrs;
  /** Names of the outputs; '' for one that nothing reads. */
  readonly outputNames: readonly string[];
  /** Version of the operator set that the file asks for in this domain. */
  readonly opset: number;
}

/** Answers the outputs of a node as our operators compute them. */
export type Upgrade = (g: GraphBuilder, node: ImportedNode) => readonly Value[];

export interface Changes {
  readonly op?: string;
  readonly domain?: string;
  readonly inputs?: readonly (Value | null)[];
  readonly attrs?: Attrs;
  /** How many outputs to ask for. */
  readonly outputs?: number;
}

/** Adds the node with its names, after changes. */
export function emit(
  g: GraphBuilder,
  node: ImportedNode,
  { op = node.op, domain = node.domain, inputs = node.inputs, attrs = node.attrs, outputs = outputsUsed(node) }: Changes = {},
): readonly Value[] {
  const outputNames = node.outputNames.slice(0, outputs).map((name, i) => (name === '' ? `${node.name}_unused_${i}` : name));
  return g.nodeOutputs(op, inputs, attrs, { domain, outputs, name: node.name, outputNames });
}

/** How many outputs the file names, up to the last one that has a name. */
export function outputsUsed(node: ImportedNode): number {
  return Math.max(1, node.outputNames.findLastIndex((name) => name !== '') + 1);
}

/** The attributes without some of them. */
export function without(attrs: Attrs, ...names: readonly string[]): Attrs {
  return Object.fromEntries(Object.entries(attrs).filter(([name]) => !names.includes(name)));
}

/** A list attribute as a constant input, or null where the file does not have it. */
export function listInput(g: GraphBuilder, node: ImportedNode, name: string): Value | null {
  const list = node.attrs[name];
  return Array.isArray(list) ? g.constant(integers(list as readonly number[])) : null;
}

/** A number attribute as a constant scalar of the type of input 0. */
export function scalarInput(g: GraphBuilder, node: ImportedNode, name: string, otherwise: number | null): Value | null {
  const value = typeof node.attrs[name] === 'number' ? node.attrs[name] : otherwise;
  return value === null ? null : g.scalarLike(value, input(node, 0));
}

/** A number attribute, or what stands for it where the file does not have it. */
export function numberOf(node: ImportedNode, name: string, otherwise: number): number {
  const value = node.attrs[name];
  return typeof value === 'number' ? value : otherwise;
}

/** A text attribute. */
export function textOf(node: ImportedNode, name: string, otherwise: string): string {
  const value = node.attrs[name];
  return typeof value === 'string' ? value : otherwise;
}

/** A list attribute. */
export function listOf(node: ImportedNode, name: string): readonly number[] | null {
  const value = node.attrs[name];
  return Array.isArray(value) ? (value as readonly number[]) : null;
}

/** Input i, or null where the file leaves it out. */
export function optional(node: ImportedNode, i: number): Value | null {
  return node.inputs[i] ?? null;
}

/** Refuses a node with any of these inputs. */
export function refuseInputs(node: ImportedNode, names: Readonly<Record<number, string>>): void {
  for (const [i, name] of Object.entries(names)) if (node.inputs[Number(i)]) refuse(node, `its input ${name} is not supported.`);
}

/** Refuses a node that is asked for any of these outputs. */
export function refuseOutputs(node: ImportedNode, names: Readonly<Record<number, string>>): void {
  for (const [i, name] of Object.entries(names)) if (node.outputNames[Number(i)]) refuse(node, `its output ${name} is not supported.`);
}

/** Input i, which the operator needs. */
export function input(node: ImportedNode, i: number): Value {
  const value = node.inputs[i];
  if (!value) throw new RobencError('bad-file', `${node.op} "${node.name}": input ${i} is missing.`);
  return value;
}

/** The elements of a constant input, or null where it is absent or known only at run time. */
export function constantNumbers(node: Pick<ImportedNode, 'inputs'>, i: number): readonly number[] | null {
  const value = node.inputs[i];
  return value?.data ? numbersOf(value.data) : null;
}

/** A float32 list as a constant. */
export function floatList(g: GraphBuilder, list: readonly number[]): Value {
  return g.constant(floats(list));
}

/** Refuses a node, saying why and what to do. */
export function refuse(node: ImportedNode, reason: string): never {
  throw new RobencError('unsupported', `${node.op} "${node.name}": ${reason}`);
}
