/** @file What there is to know about a model before using it: its ports, operators, parameters, memory, and whether gradients reach its inputs. */
import { messageOf } from '../errors.js';
import { fromOnnx } from '../graph/from-onnx.js';
import { printGraph } from '../graph/print.js';
import { ARRAY_OF, describeType, type Dim, type Graph, type Value } from '../graph/value.js';
import { decodeModel } from '../proto/decode.js';
import { gradientPaths, type GradientPath } from './gradient-paths.js';

export interface Port {
  readonly name: string;
  /** `float32[batch,3,32,32]` */
  readonly type: string;
}

/** Bytes; activations are those of one image (every open size taken as 1). */
export interface Memory {
  readonly parameters: number;
  /** The most that is alive at once while the model runs. */
  readonly activationsPeak: number;
  /** All of them, as a gradient keeps them. */
  readonly activationsAll: number;
}

export interface Inspection {
  readonly irVersion: number;
  readonly opsets: Readonly<Record<string, number>>;
  readonly producer: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** How often each operator is in the file, most often first. */
  readonly operators: Readonly<Record<string, number>>;
  /** Numbers in floating-point constants. */
  readonly parameters: number;
  /** What needs the graph to be understood; null, with the reason in `problem`, where robenc cannot. */
  readonly graph: {
    readonly inputs: readonly Port[];
    readonly outputs: readonly Port[];
    readonly memory: Memory;
    readonly gradients: readonly GradientPath[];
  } | null;
  readonly problem: string | null;
  /** The graph as text, one node a line. */
  readonly text: string | null;
}

/** Looks at an ONNX file. Throws `bad-file` where it is none; a model with operators that robenc does not know is still described. */
export function inspectModel(bytes: Uint8Array, { source, folder }: { source: string; folder: string }): Inspection {
  const model = decodeModel(bytes, source);
  const counts = new Map<string, number>();
  for (const { domain, opType } of model.graph?.node ?? []) {
    const name = domain === '' || domain === 'ai.onnx' ? opType : `${domain}.${opType}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const sizes = (model.graph?.initializer ?? [])
    .filter(({ dataType }) => FLOAT_TYPES.has(dataType))
    .map(({ dims }) => dims.reduce<number>((product, dim) => product * Number(dim), 1));
  const { graph, problem } = readGraph(bytes, source, folder);
  return {
    irVersion: model.irVersion,
    opsets: Object.fromEntries(model.opsetImport.map(({ domain, version }) => [domain === '' ? 'ai.onnx' : domain, version])),
    producer: `${model.producerName} ${model.producerVersion}`.trim(),
    metadata: Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value])),
    operators: Object.fromEntries([...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))),
    parameters: sizes.reduce((sum, size) => sum + size, 0),
    graph: graph && {
      inputs: graph.inputs.map(({ name, type }) => ({ name, type: describeType(type) })),
      outputs: graph.outputs.map(({ name, value }) => ({ name, type: describeType(value.type) })),
      memory: memoryOf(graph),
      gradients: gradientPaths(graph),
    },
    problem,
    text: graph && printGraph(graph),
  };
}

/** FLOAT, FLOAT16, DOUBLE, BFLOAT16 of onnx.proto. */
const FLOAT_TYPES = new Set([1, 10, 11, 16]);

function readGraph(bytes: Uint8Array, source: string, folder: string): { graph: Graph | null; problem: string | null } {
  try {
    return { graph: fromOnnx(bytes, { source, folder }), problem: null };
  } catch (error) {
    return { graph: null, problem: messageOf(error) };
  }
}

/** Each value lives from the node that makes it to the last that reads it; outputs live to the end. */
function memoryOf(graph: Graph): Memory {
  const parameters = new Set<Value>();
  const lastUse = new Map<Value, number>();
  for (const [index, node] of graph.nodes.entries())
    for (const input of node.inputs) {
      if (input?.data) parameters.add(input);
      else if (input) lastUse.set(input, index);
    }
  for (const { value } of graph.outputs) lastUse.set(value, Infinity);
  let alive = graph.inputs.reduce((sum, input) => sum + bytesOf(input), 0);
  let peak = alive;
  let all = alive;
  for (const [index, node] of graph.nodes.entries()) {
    const made = node.outputs.reduce((sum, output) => sum + bytesOf(output), 0);
    alive += made;
    all += made;
    peak = Math.max(peak, alive);
    const freed = new Set(
      [...node.inputs, ...node.outputs].filter((value): value is Value => value !== null && value.data === null && (lastUse.get(value) ?? index) === index),
    );
    for (const value of freed) alive -= bytesOf(value);
  }
  return { parameters: [...parameters].reduce((sum, value) => sum + bytesOf(value), 0), activationsPeak: peak, activationsAll: all };
}

function bytesOf({ type }: Value): number {
  return type.shape.reduce<number>((product, dim) => product * sizeForOne(dim), ARRAY_OF[type.dtype].BYTES_PER_ELEMENT);
}

/** A size with every symbol taken as 1: `49*batch` is 49. */
function sizeForOne(dim: Dim): number {
  if (typeof dim === 'number') return dim;
  return dim
    .split('*')
    .filter((part) => /^\d+$/.test(part))
    .reduce((product, part) => product * Number(part), 1);
}
