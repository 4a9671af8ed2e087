/** @file Reads the nodes of a file into a graph under construction: known operators upgraded, functions inlined, control flow taken apart. */
import { messageOf, RobencError } from '../../errors.js';
import type { GraphProto, NodeProto } from '../../proto/onnx.js';
import { unknownOperator } from '../fusions/index.js';
import type { ImportedNode } from '../imported.js';
import { isUpgraded, upgrade } from '../opset.js';
import { sortNodes } from '../sort-nodes.js';
import type { Value } from '../value.js';
import { attributeValues, constantOf, resolvedAttributes } from './attributes.js';
import { FLOW } from './control-flow.js';
import { calledFunction, inlineFunction } from './functions.js';
import { checkVersions, domainOf, versionOf } from './opsets.js';
import { statedType } from './ports.js';
import type { Body, Readers, Reading } from './reading.js';
import type { Scope } from './scope.js';
import { denseTensor } from './sparse.js';
import { isReadable, readOr, reasonOf, Unreadable, type Slot } from './unreadable.js';

/** Reads constants and nodes of a graph; its outputs in their order. Inputs are defined already. */
export function readGraph(reading: Reading, graph: GraphProto, around: Body, scope: Scope): Slot[] {
  if (around.path !== '') reading.expand(1 + graph.input.length + graph.output.length + graph.initializer.length + graph.sparseInitializer.length);
  readConstants(reading, graph, scope);
  // What the file says of its values is of use for operators of other domains, which stand in the graph itself.
  const stated = around.path === '' ? [...graph.valueInfo, ...graph.output] : [];
  readNodes(reading, { ...around, nodes: graph.node, types: new Map(stated.map((info) => [info.name, info])) }, scope);
  return graph.output.map(({ name }) => {
    const slot = scope.get(name);
    if (slot === undefined) throw new RobencError('bad-file', `${reading.source}: no node makes the output "${name}".`, { field: name });
    return slot;
  });
}

/** Defines the constants of a graph, but those that have been given as something else. */
function readConstants(reading: Reading, graph: GraphProto, scope: Scope): void {
  const { g } = reading;
  const define = (name: string, read: () => Value) => scope.define(name, readOr({ node: name, op: 'initializer' }, read));
  for (const tensor of graph.initializer) if (!reading.variables.has(tensor.name)) define(tensor.name, () => g.parameter(reading.tensor(tensor), tensor.name));
  for (const sparse of graph.sparseInitializer) {
    const name = sparse.values?.name ?? '';
    define(name, () => g.constant(denseTensor(reading, sparse), name));
  }
}

/** Reads all nodes of a body into its scope. */
export function readNodes(reading: Reading, body: Body, scope: Scope): void {
  checkVersions(body.opsets, reading.source);
  for (const { node, index } of sortNodes(body.nodes, scope, reading.source)) {
    if (body.path !== '') reading.expand(1 + node.input.length + node.output.length + node.attribute.length);
    const outputs = readNode(reading, body, node, index, scope);
    for (const [i, name] of node.output.entries()) {
      if (name === '') continue;
      const slot = outputs[i];
      if (slot === undefined || slot === null)
        throw new RobencError(
          'bad-file',
          `${reading.source}: ${node.opType} "${titleOf(body, node, index)}" names ${node.output.length} outputs and has ${outputs.length}.`,
          { field: name },
        );
      scope.define(name, slot);
    }
  }
}

const READERS: Readers = { nodes: readNodes, graph: readGraph };

function readNode(reading: Reading, body: Body, node: NodeProto, index: number, scope: Scope): readonly Slot[] {
  const domain = domainOf(node.domain);
  const title = titleOf(body, node, index);
  const inputs = node.input.map((name) => (name === '' ? null : scope.get(name)!));
  const attributes = resolvedAttributes(node, body);
  const called = calledFunction(reading, node);
  if (called) return inlineFunction(reading, READERS, { node, name: title, inputs, attributes }, called, body);
  const unread = inputs.filter((slot) => slot instanceof Unreadable);
  const blocked = (reason: string | null): Slot[] => {
    const block = reason === null ? null : { node: title, op: domain === '' ? node.opType : `${domain}.${node.opType}`, reason };
    const value = new Unreadable(block, unread);
    return node.output.map(() => value);
  };
  if (domain === '' && Object.hasOwn(FLOW, node.opType)) {
    const opset = versionOf(body.opsets, domain, reading.source);
    return FLOW[node.opType]!(reading, READERS, { op: node.opType, name: title, inputs, attributes, outputs: node.output.length, opset }, body, scope);
  }
  const isConstant = node.opType === 'Constant' && domain === '';
  const known = isConstant || reading.g.operators.find(node.opType, domain) !== undefined || isUpgraded(node.opType, domain);
  if (!known)
    return (unread.length === 0 ? opaque(reading, body, node, title, inputs as (Value | null)[]) : null) ?? blocked(unknownOperator(node.opType, domain));
  if (!inputs.every(isReadable)) return blocked(null);
  const name = node.name === '' ? `${body.path}${node.opType.toLowerCase()}_${index}` : title;
  try {
    const attrs = attributeValues(reading, attributes, { op: node.opType, name });
    if (isConstant) return [reading.g.constant(constantOf({ attrs }), node.output[0])];
    const opset = versionOf(body.opsets, domain, reading.source);
    return upgrade(reading.g, { op: node.opType, domain, name, inputs, attrs, outputNames: node.output, opset } satisfies ImportedNode);
  } catch (cause) {
    if (!(cause instanceof RobencError))
      throw new RobencError('bad-file', `${reading.source}: ${node.opType} "${name}" cannot be read: ${messageOf(cause)}.`, { cause });
    if (cause.code !== 'unsupported') throw cause;
    return blocked(reasonOf(cause));
  }
}

/** A node of another domain whose results the file describes: it stays as it is, and only gradients through it are out of reach. */
function opaque(reading: Reading, body: Body, node: NodeProto, name: string, inputs: readonly (Value | null)[]): readonly Value[] | null {
  const domain = domainOf(node.domain);
  if (domain === '') return null;
  const types = node.output.map((output) => {
    const info = output === '' ? undefined : body.types.get(output);
    return info ? statedType(info) : null;
  });
  if (types.length === 0 || !types.every((type) => type !== null)) return null;
  const attributes = resolvedAttributes(node, body);
  if (attributes.some(({ g, graphs, tp, typeProtos }) => g !== undefined || tp !== undefined || graphs.length + typeProtos.length > 0)) return null;
  return reading.g.opaque(
    { op: node.opType, domain, version: versionOf(body.opsets, domain, reading.source), name, outputNames: node.output },
    inputs,
    attributeValues(reading, attributes, { op: node.opType, name }),
    types,
  );
}

function titleOf(body: Body, node: NodeProto, index: number): string {
  return `${body.path}${node.name || `node ${index}`}`;
}
