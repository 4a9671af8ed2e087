/** @file Small models with known answers for tests of the runtime. */
import type { DType, TensorData, TypedArray } from '@robenc/shared/graph/value.js';
import { DATA_TYPE } from '@robenc/shared/proto/dtypes.js';
import { encodeModel } from '@robenc/shared/proto/encode.js';
import type { Draft, NodeProto, TensorProto } from '@robenc/shared/proto/onnx.js';

export interface PortDraft {
  readonly name: string;
  readonly dtype: number;
  readonly shape: readonly (number | string)[];
}

/** A model file from its ports and nodes. */
export function modelOf({
  inputs,
  outputs,
  nodes,
  initializers = [],
}: {
  inputs: readonly PortDraft[];
  outputs: readonly PortDraft[];
  nodes: readonly Draft<NodeProto>[];
  initializers?: readonly Draft<TensorProto>[];
}): Uint8Array {
  const port = ({ name, dtype, shape }: PortDraft) => ({
    name,
    type: { tensorType: { elemType: dtype, shape: { dim: shape.map((dim) => (typeof dim === 'number' ? { dimValue: dim } : { dimParam: dim })) } } },
  });
  return encodeModel({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 17 }],
    graph: { name: 'test', input: inputs.map(port), output: outputs.map(port), node: nodes, initializer: initializers },
  });
}

/** y = x + x for vectors of one element type. */
export function doubling(dtype: DType): Uint8Array {
  const [x, y] = ['x', 'y'].map((name) => ({ name, dtype: DATA_TYPE[dtype], shape: ['n'] }));
  const node = dtype === 'bool' ? { opType: 'Or', input: ['x', 'x'], output: ['y'] } : { opType: 'Add', input: ['x', 'x'], output: ['y'] };
  return modelOf({ inputs: [x!], outputs: [y!], nodes: [node] });
}

/** sum = a + b, product = a·b, for float32 [n,2]. */
export const ARITHMETIC = modelOf({
  inputs: ['a', 'b'].map((name) => ({ name, dtype: 1, shape: ['n', 2] })),
  outputs: ['sum', 'product'].map((name) => ({ name, dtype: 1, shape: ['n', 2] })),
  nodes: [
    { opType: 'Add', input: ['a', 'b'], output: ['sum'] },
    { opType: 'Mul', input: ['a', 'b'], output: ['product'] },
  ],
});

/** Declares that any n will do and fails for every n but 4. */
export const FAILS_WHEN_RUN = modelOf({
  inputs: [{ name: 'x', dtype: 1, shape: ['n'] }],
  outputs: [{ name: 'y', dtype: 1, shape: [2, 2] }],
  nodes: [{ opType: 'Reshape', input: ['x', 'shape'], output: ['y'] }],
  initializers: [{ name: 'shape', dims: [2], dataType: 7, int64Data: BigInt64Array.of(2n, 2n) }],
});

/** y = x·x·… for float32 [n,n], `times` MatMuls one after the other: takes long. */
export function slow(times: number): Uint8Array {
  return modelOf({
    inputs: [{ name: 'x', dtype: 1, shape: ['n', 'n'] }],
    outputs: [{ name: 'y', dtype: 1, shape: ['n', 'n'] }],
    nodes: Array.from({ length: times }, (_, index) => ({
      opType: 'MatMul',
      input: [index === 0 ? 'x' : `t${index}`, 'x'],
      output: [index === times - 1 ? 'y' : `t${index + 1}`],
    })),
  });
}

export function tensor(dtype: DType, shape: readonly number[], data: TypedArray): TensorData {
  return { dtype, shape, data };
}

export function float32(shape: readonly number[], ...data: readonly number[]): TensorData {
  return tensor('float32', shape, Float32Array.from(data));
}
