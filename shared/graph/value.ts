/** @file Values, nodes and graphs: the intermediate representation that everything else builds, reads or rewrites. */
import { halfToNumber, numberToHalf } from '../math/float16.js';

/** Element types that robenc computes with, named as ONNX names them. */
export type DType = 'float32' | 'float64' | 'float16' | 'int8' | 'uint8' | 'int32' | 'int64' | 'bool';

/** Whole numbers of files that are read as int32: quantised ones, which are computed with as floats. */
export type NarrowType = 'int16' | 'uint16' | 'int4' | 'uint4';

/** A size: a number, or a symbol such as `batch` (see dim.ts for products such as `49*batch`). */
export type Dim = number | string;
export type Shape = readonly Dim[];

export interface Type {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** Elements of a constant, row-major; int64 is a BigInt64Array, float16 a Uint16Array of bit patterns, bool a Uint8Array. */
export type TypedArray = Float32Array | Float64Array | Uint16Array | Int8Array | Uint8Array | Int32Array | BigInt64Array;

/** A constant tensor with a fixed shape. */
export interface TensorData {
  readonly dtype: DType;
  /** The type that a file has them in, where robenc holds them as int32. */
  readonly stored?: NarrowType;
  readonly shape: readonly number[];
  readonly data: TypedArray;
}

/** A number, text, or list of either, or a tensor: what ONNX node attributes hold. */
export type Attr = number | string | readonly number[] | readonly string[] | TensorData;
export type Attrs = Readonly<Record<string, Attr>>;

/** One tensor in a graph: an input, a constant, or an output of a node. Identity is by reference. */
export interface Value {
  /** Grows in order of creation within one builder. */
  readonly id: number;
  readonly name: string;
  readonly type: Type;
  /** The node that makes it, or null for graph inputs and constants. */
  readonly node: Node | null;
  /** Its elements, for constants. */
  readonly data: TensorData | null;
  /** True for constants of a file that a model may be differentiated by: the builder does not compute with them before that is decided. */
  readonly parameter: boolean;
  /** Its elements as sizes, where they are known before the run: a scalar or list of integers such as the result of Shape. */
  readonly known: readonly Dim[] | null;
}

export interface Node {
  /** Operator, as ONNX spells it. */
  readonly op: string;
  /** Operator set: '' for ONNX's own. */
  readonly domain: string;
  readonly name: string;
  /** null stands for an omitted optional input. */
  readonly inputs: readonly (Value | null)[];
  readonly outputs: readonly Value[];
  readonly attrs: Attrs;
  /** Version of the operator set, for operators that robenc does not know. */
  readonly version?: number;
}

export interface GraphOutput {
  readonly name: string;
  readonly value: Value;
}

/** A graph in single static assignment form; nodes stand in topological order. Constants are values with `data`. */
export interface Graph {
  readonly name: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly GraphOutput[];
  readonly nodes: readonly Node[];
}

/** Elements of each type: the array that holds them and the bytes each takes. */
export const ARRAY_OF = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
} as const satisfies Record<DType, unknown>;

export function isFloat(dtype: DType): boolean {
  return dtype === 'float32' || dtype === 'float64' || dtype === 'float16';
}

/** Elements of a fixed shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** `float32[batch,3,32,32]` */
export function describeType(type: Type): string {
  return `${type.dtype}[${type.shape.join(',')}]`;
}

/** A float32 constant. */
export function floats(data: Float32Array | readonly number[], shape: readonly number[] = [data.length]): TensorData {
  return { dtype: 'float32', shape, data: data instanceof Float32Array ? data : Float32Array.from(data) };
}

/** A float16 tensor of numbers, which it rounds: a list by default. */
export function halves(list: ArrayLike<number>, shape: readonly number[] = [list.length]): TensorData {
  return { dtype: 'float16', shape, data: Uint16Array.from(list, numberToHalf) };
}

/** An int64 constant. */
export function integers(data: readonly number[], shape: readonly number[] = [data.length]): TensorData {
  return { dtype: 'int64', shape, data: BigInt64Array.from(data, BigInt) };
}

/** The elements of a tensor as plain numbers; int64 beyond 2^53 loses its low bits, as sizes never are. */
export function numbersOf(tensor: TensorData): number[] {
  if (tensor.dtype === 'float16') return Array.from(tensor.data as Uint16Array, halfToNumber);
  return Array.from(tensor.data as ArrayLike<number | bigint>, Number);
}
