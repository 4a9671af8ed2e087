/** @file Models with functions and control flow for tests, written as plain objects; and what ONNX Runtime makes of a file and of our reading of it. */
import assert from 'node:assert/strict';
import { fromOnnx } from '@robenc/shared/graph/from-onnx.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import { numbersOf, type Graph, type TensorData } from '@robenc/shared/graph/value.js';
import { DATA_TYPE } from '@robenc/shared/proto/dtypes.js';
import { encodeModel } from '@robenc/shared/proto/encode.js';
import {
  ATTRIBUTE_TYPE,
  type AttributeProto,
  type Draft,
  type FunctionProto,
  type GraphProto,
  type NodeProto,
  type ValueInfoProto,
} from '@robenc/shared/proto/onnx.js';
import { dataToTensor } from '@robenc/shared/proto/tensor.js';
import { openSession } from '@robenc/shared/runtime/session.js';

export type DType = keyof typeof DATA_TYPE;

/** A value with its type; without a shape one of unknown rank. */
export function port(name: string, shape?: readonly (number | string)[], dtype: DType = 'float32'): Draft<ValueInfoProto> {
  const dim = shape?.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: DATA_TYPE[dtype], ...(dim ? { shape: { dim } } : {}) } } };
}

export const node = (
  opType: string,
  input: readonly string[],
  output: readonly string[],
  attribute: readonly Draft<AttributeProto>[] = [],
  more: Draft<NodeProto> = {},
): Draft<NodeProto> => ({
  opType,
  input,
  output,
  attribute,
  ...more,
});

export const constant = (name: string, tensor: TensorData): Draft<NodeProto> =>
  node('Constant', [], [name], [{ name: 'value', type: ATTRIBUTE_TYPE.tensor, t: dataToTensor('', tensor) }]);
export const float = (name: string, f: number): Draft<AttributeProto> => ({ name, type: ATTRIBUTE_TYPE.float, f });
export const integer = (name: string, i: number): Draft<AttributeProto> => ({ name, type: ATTRIBUTE_TYPE.int, i });
export const integers = (name: string, ints: readonly number[]): Draft<AttributeProto> => ({ name, type: ATTRIBUTE_TYPE.ints, ints });
export const graph = (name: string, g: Draft<GraphProto>): Draft<AttributeProto> => ({ name, type: ATTRIBUTE_TYPE.graph, g: { name: 'inner', ...g } });
export const reference = (name: string, refAttrName: string, type: number): Draft<AttributeProto> => ({ name, refAttrName, type });
export const bool = (value: boolean): TensorData => ({ dtype: 'bool', shape: [], data: Uint8Array.of(value ? 1 : 0) });

export interface Draughted {
  readonly graph: Draft<GraphProto>;
  readonly functions?: readonly Draft<FunctionProto>[];
  readonly opsets?: Readonly<Record<string, number>>;
  readonly irVersion?: number;
}

export function modelOf({ graph: g, functions = [], opsets = { '': 20 }, irVersion = 9 }: Draughted): Uint8Array {
  return encodeModel({
    irVersion,
    opsetImport: Object.entries(opsets).map(([domain, version]) => ({ domain, version })),
    graph: { name: 'g', ...g },
    functions,
  });
}

export async function run(model: Uint8Array | string, feeds: Readonly<Record<string, TensorData>>): Promise<Record<string, TensorData>> {
  const session = await openSession(model, { device: 'cpu', threads: 1 });
  try {
    return await session.run(feeds);
  } finally {
    await session.close();
  }
}

/** Reads a file and asks that our graph of it gives, in ONNX Runtime, what the file itself gives there. */
export async function agrees(bytes: Uint8Array, feeds: Readonly<Record<string, TensorData>>): Promise<Graph> {
  const read = fromOnnx(bytes);
  const [expected, actual] = [await run(bytes, feeds), await run(toOnnx(read), feeds)];
  assert.deepEqual(Object.keys(actual), Object.keys(expected));
  for (const [name, tensor] of Object.entries(expected)) {
    assert.deepEqual(actual[name]!.shape, tensor.shape);
    assert.deepEqual(numbersOf(actual[name]!), numbersOf(tensor));
  }
  return read;
}
