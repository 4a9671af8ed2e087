/** @file Small ONNX files for tests, as an exporter of any operator set would write them. */
import { encodeModel } from '@robenc/shared/proto/encode.js';
import { ATTRIBUTE_TYPE, bytesOf, type AttributeProto, type Draft, type TensorProto } from '@robenc/shared/proto/onnx.js';
import { DATA_TYPE } from '@robenc/shared/proto/dtypes.js';
import { dataToTensor } from '@robenc/shared/proto/tensor.js';
import type { DType, TensorData } from '@robenc/shared/graph/value.js';

/** A number with a point is a float attribute: write `float(1)` for 1.0. */
export interface FloatAttribute {
  readonly float: number;
}
export const float = (value: number): FloatAttribute => ({ float: value });

export type AttributeValue = number | string | FloatAttribute | readonly number[] | readonly FloatAttribute[] | TensorData;

export interface FileNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attrs?: Readonly<Record<string, AttributeValue>>;
  readonly name?: string;
  readonly domain?: string;
}

export interface FileModel {
  readonly opset: number;
  readonly nodes: readonly FileNode[];
  /** A missing size is written as one that the file leaves open. */
  readonly inputs: Readonly<Record<string, readonly (number | string | null)[]>>;
  readonly inputType?: DType;
  readonly outputs: readonly string[];
  readonly constants?: Readonly<Record<string, TensorData>>;
  /** Constants of which only some elements are stored, by place. */
  readonly sparse?: Readonly<Record<string, { readonly values: TensorData; readonly indices: TensorData; readonly dims: readonly number[] }>>;
  /** Files before IR 4 list constants among the inputs. */
  readonly constantsAsInputs?: boolean;
}

export function fileOf({
  opset,
  nodes,
  inputs,
  inputType = 'float32',
  outputs,
  constants = {},
  sparse = {},
  constantsAsInputs = false,
}: FileModel): Uint8Array {
  const port = (name: string, dtype: DType, shape: readonly (number | string | null)[]) => ({
    name,
    type: {
      tensorType: {
        elemType: DATA_TYPE[dtype],
        shape: { dim: shape.map((dim) => (dim === null ? {} : typeof dim === 'number' ? { dimValue: dim } : { dimParam: dim })) },
      },
    },
  });
  const listed = constantsAsInputs ? Object.entries(constants).map(([name, tensor]) => port(name, tensor.dtype, tensor.shape)) : [];
  const domains = [...new Set(nodes.map(({ domain = '' }) => domain))].filter((domain) => domain !== '');
  return encodeModel({
    irVersion: constantsAsInputs ? 3 : 8,
    opsetImport: [{ domain: '', version: opset }, ...domains.map((domain) => ({ domain, version: 1 }))],
    graph: {
      name: 'g',
      node: nodes.map(({ op, inputs: from, outputs: to, attrs = {}, name = '', domain = '' }) => ({
        opType: op,
        input: from,
        output: to,
        name,
        domain,
        attribute: Object.entries(attrs).map(([key, value]) => attributeProto(key, value)),
      })),
      initializer: Object.entries(constants).map(([name, tensor]) => (tensor.stored ? narrowTensor(name, tensor) : dataToTensor(name, tensor))),
      sparseInitializer: Object.entries(sparse).map(([name, { values, indices, dims }]) => ({
        values: dataToTensor(name, values),
        indices: dataToTensor('', indices),
        dims,
      })),
      input: [...Object.entries(inputs).map(([name, shape]) => port(name, inputType, shape)), ...listed],
      output: outputs.map((name) => ({ name, type: { tensorType: { elemType: DATA_TYPE[inputType] } } })),
    },
  });
}

function attributeProto(name: string, value: AttributeValue): Draft<AttributeProto> {
  if (typeof value === 'number') return { name, type: ATTRIBUTE_TYPE.int, i: value };
  if (typeof value === 'string') return { name, type: ATTRIBUTE_TYPE.string, s: bytesOf(value) };
  if ('float' in value) return { name, type: ATTRIBUTE_TYPE.float, f: value.float };
  if ('dtype' in value) return { name, type: ATTRIBUTE_TYPE.tensor, t: dataToTensor('', value) };
  if (value.length > 0 && typeof value[0] !== 'number')
    return { name, type: ATTRIBUTE_TYPE.floats, floats: (value as readonly FloatAttribute[]).map((item) => item.float) };
  return { name, type: ATTRIBUTE_TYPE.ints, ints: value as readonly number[] };
}

/** Whole numbers of 4 or 16 bits as files have them: two of 4 bits in a byte, the first in its lower half. */
function narrowTensor(name: string, { shape, stored, data }: TensorData): Draft<TensorProto> {
  const list = Array.from(data, Number);
  const bytes = stored!.endsWith('16')
    ? list.flatMap((value) => [value & 255, (value >> 8) & 255])
    : Array.from({ length: Math.ceil(list.length / 2) }, (_, i) => (list[2 * i]! & 15) | (((list[2 * i + 1] ?? 0) & 15) << 4));
  return { name, dims: shape, dataType: DATA_TYPE[stored!], rawData: Uint8Array.from(bytes) };
}
