/** @file Values, nodes and graphs: the intermediate representation that everything else builds, reads or rewrites. */

/** Element types that robenc computes with, named as ONNX names them. */
export type DType = 'float32' | 'float64' | 'float16' | 'int8' | 'uint8' | 'int32' | 'int64' | 'bool';

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
  readonly shape: readonly number[];
  readonly data: TypedArray;
}

/** A number, text, or list of either, or a tensor: what ONNX node attributes hold. */
export type Attr = number | string | readonly number[] | readonly string[] | TensorData;
export type Attrs = Readonly<Record<string, Attr>>;

/** One tensor in a graph: an input, a constant, or an output of a node. Identity is by reference. */
export interface Value {
  readonly name: string;
  readonly type: Type;
  /** The node that makes it, or null for graph inputs and constants. */
  readonly node: Node | null;
  /** Its elements, for constants. */
  readonly data: TensorData | null;
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
