/** @file Reads ONNX files, of any exporter, as graphs. */
import { dirname } from 'node:path';
import { readFileSync } from 'node:fs';
import { messageOf, RobencError } from '../errors.js';
import { operators, newBuilder } from '../ops/index.js';
import { decodeModel } from '../proto/decode.js';
import { dtypeName, dtypeOf } from '../proto/dtypes.js';
import {
  ATTRIBUTE_TYPE,
  textOf,
  type AttributeProto,
  type GraphProto,
  type Integer,
  type ModelProto,
  type NodeProto,
  type ValueInfoProto,
} from '../proto/onnx.js';
import { tensorToData } from '../proto/tensor.js';
import type { GraphBuilder } from './builder.js';
import type { ImportedNode } from './imported.js';
import { outputsUsed } from './imported.js';
import { isUpgraded, READ, upgrade } from './opset.js';
import { sortNodes } from './sort-nodes.js';
import { floats, integers, type Attr, type Attrs, type Dim, type Graph, type TensorData, type Value } from './value.js';

export interface FromOnnxOptions {
  /** Where the file lies (by default the folder of the path), for constants that it keeps in files beside it. */
  readonly folder?: string;
  /** Names the file in messages. */
  readonly source?: string;
}

/**
 * The graph in an ONNX file, given by its path or its bytes: operator sets 7 to 26 are brought to the forms of 20, types are inferred anew, and constants folded into values.
 * Names of inputs, outputs and nodes are kept. Sizes that the file leaves open become symbols: `batch` for the first axis, else one of their own.
 *
 * @throws RobencError `not-found` for a path without a file, `bad-file` for a damaged or contradictory file, `unsupported` naming the operators and nodes that robenc does not know.
 */
export function fromOnnx(file: Uint8Array | string, options: FromOnnxOptions = {}): Graph {
  const path = typeof file === 'string' ? file : undefined;
  const folder = options.folder ?? (path === undefined ? undefined : dirname(path));
  const source = options.source ?? path ?? 'The ONNX model';
  const model = decodeModel(typeof file === 'string' ? readModel(file) : file, source);
  const graph = model.graph!;
  const opsets = readOpsets(model, source);
  refuseUnknown(model, graph, source);
  const g = newBuilder();
  const values = new Map<string, Value>();
  const define = (name: string, value: Value): void => {
    if (values.has(name)) throw new RobencError('bad-file', `${source}: two values are named "${name}". Export it again.`, { field: name });
    values.set(name, value);
  };
  if (graph.sparseInitializer.length > 0) throw new RobencError('unsupported', `${source} has sparse constants. Export it with dense ones.`);
  for (const tensor of graph.initializer) define(tensor.name, g.constant(tensorToData(tensor, folder === undefined ? {} : { folder }), tensor.name));
  const stored = new Set(graph.initializer.map((tensor) => tensor.name));
  for (const info of graph.input) if (!stored.has(info.name)) define(info.name, inputOf(g, info));
  for (const [index, node] of sortNodes(graph.node, new Set(values.keys()), source).entries()) {
    const imported = importedNode(node, index, values, opsets);
    const outputs = node.opType === 'Constant' && node.domain === '' ? [g.constant(constantOf(imported), node.output[0])] : upgrade(g, imported);
    for (const [i, name] of imported.outputNames.slice(0, outputsUsed(imported)).entries()) if (name !== '') define(name, outputs[i]!);
  }
  for (const { name } of graph.output) {
    const value = values.get(name);
    if (!value) throw new RobencError('bad-file', `${source}: no node makes the output "${name}".`, { field: name });
    g.output(name, value);
  }
  return g.build(graph.name || 'graph');
}

function readModel(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new RobencError('not-found', `The model ${path} cannot be read: ${messageOf(cause)}.`, { cause });
  }
}

function readOpsets(model: ModelProto, source: string): ReadonlyMap<string, number> {
  const opsets = new Map(model.opsetImport.map(({ domain, version }) => [domain === 'ai.onnx' ? '' : domain, version]));
  const version = opsets.get('');
  if (version === undefined && opsets.size === 0) throw new RobencError('bad-file', `${source} does not say which operator set it uses. Export it again.`);
  if (version !== undefined && (version < READ.oldest || version > READ.newest))
    throw new RobencError('unsupported', `${source} has operator set ${version}; robenc reads ${READ.oldest} to ${READ.newest}. Export it with another one.`);
  return opsets;
}

/** All unknown operators at once, so that one look at the message tells how far the model is from working. */
function refuseUnknown(model: ModelProto, graph: GraphProto, source: string): void {
  const unknown = new Map<string, string>();
  for (const [i, node] of graph.node.entries()) {
    const domain = node.domain === 'ai.onnx' ? '' : node.domain;
    if ((node.opType === 'Constant' && domain === '') || operators.find(node.opType, domain) || isUpgraded(node.opType, domain)) continue;
    const local = model.functions.some((entry) => entry.name === node.opType && entry.domain === node.domain);
    const title = `${domain ? `${domain}.` : ''}${node.opType}${local ? ' (a function of the model)' : ''}`;
    if (!unknown.has(title)) unknown.set(title, node.name || `node ${i}`);
  }
  if (unknown.size === 0) return;
  const list = [...unknown].map(([title, name]) => `${title} (first at "${name}")`).join(', ');
  throw new RobencError(
    'unsupported',
    `${source} uses operators that robenc does not know: ${list}. Export the model without them, or simplify it with onnxsim first.`,
  );
}

function inputOf(g: GraphBuilder, info: ValueInfoProto): Value {
  const tensor = info.type?.tensorType;
  if (!tensor) throw new RobencError('unsupported', `Input "${info.name}" is not a tensor.`, { field: info.name });
  const dtype = dtypeOf(tensor.elemType);
  if (!dtype)
    throw new RobencError('unsupported', `Input "${info.name}" has elements of ${dtypeName(tensor.elemType)}, which robenc does not compute with.`, {
      field: info.name,
    });
  if (!tensor.shape)
    throw new RobencError('unsupported', `Input "${info.name}" has no rank. Export the model with a shape for its inputs; sizes may stay open.`, {
      field: info.name,
    });
  const shape = tensor.shape.dim.map((dim, i): Dim => {
    if (dim.dimParam) return dim.dimParam.replaceAll(/[^A-Za-z0-9_]/g, '_').replace(/^(?=\d)/, 'n');
    if (dim.dimValue !== undefined && dim.dimValue > 0) return dim.dimValue;
    return i === 0 ? 'batch' : `${info.name.replaceAll(/[^A-Za-z0-9_]/g, '_')}_size_${i}`;
  });
  return g.input(info.name, dtype, shape);
}

function importedNode(node: NodeProto, index: number, values: ReadonlyMap<string, Value>, opsets: ReadonlyMap<string, number>): ImportedNode {
  const domain = node.domain === 'ai.onnx' ? '' : node.domain;
  const name = node.name || `${node.opType.toLowerCase()}_${index}`;
  const inputs = node.input.map((input) => (input === '' ? null : values.get(input)!));
  const attrs: Attrs = Object.fromEntries(node.attribute.map((attribute) => [attribute.name, attributeOf(attribute, node.opType, name)]));
  return { op: node.opType, domain, name, inputs, attrs, outputNames: node.output, opset: opsets.get(domain) ?? 1 };
}

function attributeOf(attribute: AttributeProto, op: string, node: string): Attr {
  switch (attribute.type) {
    case ATTRIBUTE_TYPE.float:
      return attribute.f ?? 0;
    case ATTRIBUTE_TYPE.int:
      return Number(attribute.i ?? 0);
    case ATTRIBUTE_TYPE.string:
      return textOf(attribute.s ?? new Uint8Array());
    case ATTRIBUTE_TYPE.tensor:
      return tensorToData(attribute.t!);
    case ATTRIBUTE_TYPE.floats:
      return attribute.floats;
    case ATTRIBUTE_TYPE.ints:
      return attribute.ints.map((value: Integer) => Number(value));
    case ATTRIBUTE_TYPE.strings:
      return attribute.strings.map(textOf);
    default:
      throw new RobencError('unsupported', `${op} "${node}": attribute "${attribute.name}" holds a graph or another kind of value that robenc does not read.`);
  }
}

/** The tensor of a Constant node, which may be spelled in several ways. */
function constantOf({ name, attrs }: ImportedNode): TensorData {
  const { value, value_float: float, value_floats: list, value_int: integer, value_ints: integerList } = attrs;
  if (typeof value === 'object' && 'dtype' in value) return value;
  if (typeof float === 'number') return floats([float], []);
  if (Array.isArray(list)) return floats(list as readonly number[]);
  if (typeof integer === 'number') return integers([integer], []);
  if (Array.isArray(integerList)) return integers(integerList as readonly number[]);
  throw new RobencError('unsupported', `Constant "${name}" holds text or a sparse tensor: ${Object.keys(attrs).join(', ')}.`);
}
