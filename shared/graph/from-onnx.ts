/** @file Reads ONNX files, of any exporter, as graphs. */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf, RobencError } from '../errors.js';
import { newBuilder } from '../ops/index.js';
import { decodeModel } from '../proto/decode.js';
import type { ModelProto, ValueInfoProto } from '../proto/onnx.js';
import { functionsByCall } from './import/functions.js';
import { readGraph } from './import/nodes.js';
import { readOpsets } from './import/opsets.js';
import { inputType } from './import/ports.js';
import { Reading } from './import/reading.js';
import { Scope } from './import/scope.js';
import { blocksBehind, describeBlocks, readOr, Unreadable } from './import/unreadable.js';
import type { Block } from './operator.js';
import type { Graph, TensorData } from './value.js';

export interface FromOnnxOptions {
  /** Where the file lies (by default the folder of the path), for constants that it keeps in files beside it. */
  readonly folder?: string;
  /** Names the file in messages. */
  readonly source?: string;
  /** Initializers that become inputs of the graph, to be differentiated by. */
  readonly variables?: readonly string[];
}

/** An output that the graph does not have, and what is in the way. */
export interface UnreadableOutput {
  readonly name: string;
  readonly blocks: readonly Block[];
}

export interface Imported {
  /** With the outputs that can be computed. */
  readonly graph: Graph;
  readonly unreadable: readonly UnreadableOutput[];
  /** The elements of the initializers that became inputs. */
  readonly variables: Readonly<Record<string, TensorData>>;
}

/** The newest format of files, that of ONNX 1.23. */
const NEWEST_IR = 14;

/**
 * The graph in an ONNX file, given by its path or its bytes: operator sets 7 to 26 are brought to the forms of 20, types are inferred anew, and constants folded into values.
 * Functions of the model are inlined; If, Loop and Scan are taken apart where what decides about them is known before the run.
 * Names of inputs, outputs and nodes are kept. Sizes that the file leaves open become symbols: `batch` for the first axis, else one of their own.
 *
 * @throws RobencError `not-found` for a path without a file, `bad-file` for a damaged or contradictory file, `unsupported` naming every node that robenc does not know.
 */
export function fromOnnx(file: Uint8Array | string, options: FromOnnxOptions = {}): Graph {
  const { graph, unreadable } = importOnnx(file, options);
  if (unreadable.length > 0) throw unreadableError(sourceOf(file, options), unreadable);
  return graph;
}

/** As `fromOnnx`; outputs that robenc cannot compute are left out, and named with everything that is in their way. */
export function importOnnx(file: Uint8Array | string, options: FromOnnxOptions = {}): Imported {
  const source = sourceOf(file, options);
  return importModel(decodeModel(typeof file === 'string' ? readModel(file) : file, source), {
    ...options,
    source,
    ...(typeof file === 'string' && options.folder === undefined ? { folder: dirname(file) } : {}),
  });
}

/** The same from a file that is decoded already. */
export function importModel(model: ModelProto, { folder, source = 'The ONNX model', variables = [] }: FromOnnxOptions = {}): Imported {
  if (model.irVersion > NEWEST_IR)
    throw new RobencError('unsupported', `${source} has IR version ${model.irVersion}; robenc reads up to ${NEWEST_IR}. Export it with another one.`);
  const graph = model.graph!;
  const opsets = readOpsets(model.opsetImport, source);
  const stored = new Set(graph.initializer.map(({ name }) => name));
  const missing = variables.find((name) => !stored.has(name));
  if (missing !== undefined) throw new RobencError('usage', `${source} has no initializer "${missing}".`, { field: missing });
  const reading = new Reading(newBuilder(), source, folder, functionsByCall(model.functions, source), new Set(variables));
  const scope = new Scope(source);
  const values: Record<string, TensorData> = {};
  for (const tensor of graph.initializer) {
    if (!reading.variables.has(tensor.name)) continue;
    const data = reading.tensor(tensor);
    values[tensor.name] = data;
    scope.define(tensor.name, reading.g.input(tensor.name, data.dtype, data.shape));
  }
  for (const sparse of graph.sparseInitializer) stored.add(sparse.values?.name ?? '');
  for (const info of graph.input) if (!stored.has(info.name)) defineInput(reading, scope, info);
  const outputs = readGraph(reading, graph, { nodes: [], types: new Map(), opsets, attributes: new Map(), path: '' }, scope);
  const unreadable: UnreadableOutput[] = [];
  for (const [i, { name }] of graph.output.entries()) {
    const slot = outputs[i]!;
    if (slot instanceof Unreadable) unreadable.push({ name, blocks: blocksBehind([slot]) });
    else if (slot) reading.g.output(name, slot);
  }
  return { graph: reading.g.build(graph.name || 'graph'), unreadable, variables: values };
}

/** The refusal that names everything in the way of some outputs. */
export function unreadableError(source: string, unreadable: readonly UnreadableOutput[]): RobencError {
  const blocks = [...new Set(unreadable.flatMap((output) => output.blocks))];
  return new RobencError(
    'unsupported',
    `${source} cannot be computed by robenc: ${describeBlocks(blocks)}. Export the model without ${blocks.length === 1 ? 'this' : 'these'}, or simplify it with onnxsim first.`,
    unreadable.length === 1 ? { field: unreadable[0]!.name } : {},
  );
}

function defineInput(reading: Reading, scope: Scope, info: ValueInfoProto): void {
  scope.define(
    info.name,
    readOr({ node: info.name, op: 'input' }, () => {
      const { dtype, shape } = inputType(info);
      return reading.g.input(info.name, dtype, shape);
    }),
  );
}

function sourceOf(file: Uint8Array | string, { source }: FromOnnxOptions): string {
  return source ?? (typeof file === 'string' ? file : 'The ONNX model');
}

function readModel(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new RobencError('not-found', `The model ${path} cannot be read: ${messageOf(cause)}.`, { cause });
  }
}
