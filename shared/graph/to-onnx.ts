/** @file Writes a graph as the bytes of an ONNX file. */
import { RobencError } from '../errors.js';
import { DATA_TYPE } from '../proto/dtypes.js';
import { encodeModel } from '../proto/encode.js';
import {
  ATTRIBUTE_TYPE,
  bytesOf,
  DATA_LOCATION,
  type AttributeProto,
  type Draft,
  type ModelProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from '../proto/onnx.js';
import { dataToTensor } from '../proto/tensor.js';
import { operators } from '../ops/index.js';
import { lower } from './passes/lower.js';
import { shareOutputs, type Shared } from './passes/share.js';
import type { Attr, DType, Graph, Node, Type, Value } from './value.js';

/** The operator set and file format that robenc writes. */
export const WRITTEN = { opset: 20, irVersion: 9 } as const;

export interface ToOnnxOptions {
  /** Texts that the file carries along, such as the epsilon of a training. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly producerVersion?: string;
  readonly docString?: string;
  /** Takes the elements of a constant and says where they lie in a file beside the model; null keeps them in the model. */
  readonly external?: (bytes: Uint8Array) => ExternalPlace | null;
}

/** Bytes of a file beside a model. */
export interface ExternalPlace {
  /** A file name in the folder of the model. */
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

/**
 * The bytes of an ONNX file (opset 20, IR 9) that any runtime reads; the same graph always gives the same bytes.
 * Names of inputs and outputs are kept; composites are lowered; each constant is stored once, raw; symbols become `dim_param`.
 *
 * @throws RobencError `unsupported` beyond 2 GiB.
 */
export function toOnnx(graph: Graph, options: ToOnnxOptions = {}): Uint8Array {
  return encodeModel(toModelProto(graph, options));
}

/** The same as messages, for files that are put together of several graphs. */
export function toModelProto(graph: Graph, { metadata = {}, producerVersion = '', docString = '', external }: ToOnnxOptions = {}): Draft<ModelProto> {
  const plain = graph.nodes.some((node) => node.domain === 'robenc') ? lower(graph, operators) : graph;
  const shared = shareOutputs(plain);
  const names = new Names(plain, shared);
  const initializers = new Map<string, Draft<TensorProto>>();
  const nameOf = (value: Value | null): string => {
    const name = value === null ? '' : names.of(shared.of(value));
    if (value?.data && !initializers.has(name)) initializers.set(name, placed(dataToTensor(name, value.data), external));
    return name;
  };
  const nodes = shared.nodes.map((node) => nodeProto(node, nameOf));
  // An output that is an input, a constant or another output's value under a second name has no node of its own to be named after.
  for (const output of plain.outputs) {
    const source = nameOf(output.value);
    if (source !== output.name) nodes.push({ input: [source], output: [output.name], name: `output_${output.name}`, opType: 'Identity' });
  }
  const outputs = new Set(plain.outputs.map(({ value }) => shared.of(value)));
  const symbols = new Set(plain.inputs.flatMap((input) => input.type.shape));
  const domains = new Map(plain.nodes.filter(({ domain }) => domain !== '').map(({ domain, version = 1 }) => [domain, version]));
  return {
    irVersion: WRITTEN.irVersion,
    producerName: 'robenc',
    producerVersion,
    docString,
    opsetImport: [
      { domain: '', version: WRITTEN.opset },
      ...[...domains].sort(([a], [b]) => (a < b ? -1 : 1)).map(([domain, version]) => ({ domain, version })),
    ],
    metadataProps: Object.keys(metadata)
      .sort()
      .map((key) => ({ key, value: metadata[key]! })),
    graph: {
      name: plain.name,
      node: nodes,
      initializer: [...initializers.values()],
      input: plain.inputs.map((input) => valueInfo(names.of(input), input.type, symbols)),
      output: plain.outputs.map((output) => valueInfo(output.name, output.value.type, symbols)),
      valueInfo: shared.nodes
        .flatMap((node) => (SHAPED_BY_VALUES.has(node.op) ? node.outputs : []))
        .filter((value) => !outputs.has(value))
        .map((value) => valueInfo(names.of(value), value.type, symbols)),
    },
  };
}

/** Operators whose shapes follow from elements, which ONNX Runtime does not trace: told, it proves that shapes are equal further on and keeps its fast layout. */
const SHAPED_BY_VALUES = new Set(['Expand', 'ConstantOfShape', 'Reshape', 'Resize']);

function placed(tensor: Draft<TensorProto>, external: ToOnnxOptions['external']): Draft<TensorProto> {
  const place = external?.(tensor.rawData!) ?? null;
  if (place === null) return tensor;
  const entries = Object.entries(place).map(([key, value]) => ({ key, value: String(value) }));
  return { ...tensor, rawData: undefined, externalData: entries, dataLocation: DATA_LOCATION.external };
}

/** Names that are unique in the file: inputs and outputs keep theirs, equal constants share one. */
class Names {
  readonly #byValue = new Map<Value, string>();
  readonly #byData = new Map<unknown, { readonly name: string; readonly shape: string }[]>();
  readonly #taken = new Set<string>();

  constructor(graph: Graph, shared: Shared) {
    for (const input of graph.inputs) this.#give(input, input.name);
    for (const { name } of graph.outputs) {
      if (
        this.#taken.has(name) &&
        !graph.inputs.some((input) => input.name === name && graph.outputs.some((output) => output.name === name && output.value === input))
      )
        throw new RobencError('bad-input', `"${name}" names both an input and another value as output. Rename one.`, { field: name });
      this.#taken.add(name);
    }
    for (const { name, value } of graph.outputs) {
      const source = shared.of(value);
      if (source.node && !this.#byValue.has(source)) this.#byValue.set(source, name);
    }
  }

  of(value: Value): string {
    const known = this.#byValue.get(value);
    if (known !== undefined) return known;
    const twin = value.data && this.#twin(value);
    if (typeof twin === 'string') this.#byValue.set(value, twin);
    return twin || this.#give(value, this.#unique(value.name));
  }

  #give(value: Value, name: string): string {
    this.#byValue.set(value, name);
    this.#taken.add(name);
    if (value.data) {
      const entries = this.#byData.get(value.data.data) ?? [];
      this.#byData.set(value.data.data, [...entries, { name, shape: `${value.data.dtype}${value.data.shape.join()}` }]);
    }
    return name;
  }

  /** The name of a constant with the very same elements in memory. */
  #twin(value: Value): string | undefined {
    const shape = `${value.data!.dtype}${value.data!.shape.join()}`;
    return this.#byData.get(value.data!.data)?.find((entry) => entry.shape === shape)?.name;
  }

  #unique(wanted: string): string {
    let name = wanted;
    for (let i = 1; this.#taken.has(name); i++) name = `${wanted}__${i}`;
    return name;
  }
}

function nodeProto(node: Node, nameOf: (value: Value | null) => string): Draft<NodeProto> {
  const inputs = node.inputs.map(nameOf);
  while (inputs.at(-1) === '') inputs.pop();
  return {
    input: inputs,
    output: node.outputs.map(nameOf),
    name: node.name,
    opType: node.op,
    domain: node.domain,
    attribute: Object.keys(node.attrs)
      .sort()
      .map((name) => attributeProto(node, name, node.attrs[name]!)),
  };
}

/** Attributes that ONNX types as float: a JavaScript number does not tell 1 from 1.0. */
const FLOAT_ATTRIBUTES = new Set([
  'alpha',
  'beta',
  'bias',
  'cubic_coeff_a',
  'epsilon',
  'extrapolation_value',
  'gamma',
  'high',
  'lambd',
  'low',
  'mean',
  'momentum',
  'scale',
  'seed',
  'softcap',
  'spatial_scale',
]);

function attributeProto(node: Node, name: string, value: Attr): Draft<AttributeProto> {
  if (node.op === 'Cast' && name === 'to') return { name, type: ATTRIBUTE_TYPE.int, i: DATA_TYPE[value as DType] };
  if (typeof value === 'number') {
    return FLOAT_ATTRIBUTES.has(name) || !Number.isInteger(value)
      ? { name, type: ATTRIBUTE_TYPE.float, f: value }
      : { name, type: ATTRIBUTE_TYPE.int, i: value };
  }
  if (typeof value === 'string') return { name, type: ATTRIBUTE_TYPE.string, s: bytesOf(value) };
  if ('dtype' in value) return { name, type: ATTRIBUTE_TYPE.tensor, t: dataToTensor('', value) };
  if (value.length > 0 && typeof value[0] === 'string') return { name, type: ATTRIBUTE_TYPE.strings, strings: (value as readonly string[]).map(bytesOf) };
  const numbers = value as readonly number[];
  return numbers.every(Number.isInteger) ? { name, type: ATTRIBUTE_TYPE.ints, ints: numbers } : { name, type: ATTRIBUTE_TYPE.floats, floats: numbers };
}

/** A size that is computed from symbols, such as `49*batch`, is left open. */
function valueInfo(name: string, type: Type, symbols: ReadonlySet<string | number>): Draft<ValueInfoProto> {
  const dim = type.shape.map((size) => (typeof size === 'number' ? { dimValue: size } : symbols.has(size) ? { dimParam: size } : {}));
  return { name, type: { tensorType: { elemType: DATA_TYPE[type.dtype], shape: { dim } } } };
}
