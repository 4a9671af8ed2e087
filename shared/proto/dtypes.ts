/** @file Element types: ONNX's codes, our names, and how their elements lie in memory. */
import { ARRAY_OF, type DType, type TypedArray } from '../graph/value.js';

/** `TensorProto.dataType` and `TensorTypeProto.elemType`, as onnx.proto numbers them. */
export const DATA_TYPE = {
  undefined: 0,
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  complex64: 14,
  complex128: 15,
  bfloat16: 16,
  float8e4m3fn: 17,
  float8e4m3fnuz: 18,
  float8e5m2: 19,
  float8e5m2fnuz: 20,
  uint4: 21,
  int4: 22,
  float4e2m1: 23,
} as const;

type ArrayType = {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): TypedArray;
  new (buffer: ArrayBufferLike, offset: number, length: number): TypedArray;
};

/** The typed array that holds each element type. */
export const ARRAYS: Readonly<Record<DType, ArrayType>> = ARRAY_OF;

const NAMES = new Map<number, string>(Object.entries(DATA_TYPE).map(([name, code]) => [code, name]));

/** The name of a code, also of types that robenc does not compute with: `uint16`, `type 99`. */
export function dtypeName(code: number): string {
  return NAMES.get(code) ?? `type ${code}`;
}

/** The element type of a code, or null where robenc does not compute with it. */
export function dtypeOf(code: number): DType | null {
  const name = dtypeName(code);
  return isDType(name) ? name : null;
}

export function isDType(name: string): name is DType {
  return Object.hasOwn(ARRAYS, name);
}
