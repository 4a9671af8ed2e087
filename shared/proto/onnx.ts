/** @file The messages of an ONNX file as plain objects, named as in onnx.proto but in camelCase. */

/** A 64-bit integer of an attribute: a bigint only where a number would not hold it exactly (INT64_MAX is a usual "to the end"). */
export type Integer = number | bigint;

/** Missing texts read as '', missing enums and counts as 0, missing lists as []; everything marked `?` is undefined when it is not in the file. */
export interface ModelProto {
  readonly irVersion: number;
  readonly opsetImport: readonly OperatorSetIdProto[];
  readonly producerName: string;
  readonly producerVersion: string;
  readonly domain: string;
  readonly modelVersion: Integer;
  readonly docString: string;
  readonly graph?: GraphProto;
  readonly metadataProps: readonly StringStringEntryProto[];
  readonly functions: readonly FunctionProto[];
}

export interface OperatorSetIdProto {
  readonly domain: string;
  readonly version: number;
}

export interface StringStringEntryProto {
  readonly key: string;
  readonly value: string;
}

export interface GraphProto {
  readonly node: readonly NodeProto[];
  readonly name: string;
  readonly initializer: readonly TensorProto[];
  readonly sparseInitializer: readonly SparseTensorProto[];
  readonly docString: string;
  readonly input: readonly ValueInfoProto[];
  readonly output: readonly ValueInfoProto[];
  readonly valueInfo: readonly ValueInfoProto[];
  readonly quantizationAnnotation: readonly TensorAnnotation[];
  readonly metadataProps: readonly StringStringEntryProto[];
}

export interface NodeProto {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  readonly overload: string;
  readonly attribute: readonly AttributeProto[];
  readonly docString: string;
  readonly metadataProps: readonly StringStringEntryProto[];
}

/** Exactly one of the values is there, the one that `type` names; none where `refAttrName` points at an attribute of the enclosing function. */
export interface AttributeProto {
  readonly name: string;
  readonly refAttrName: string;
  readonly docString: string;
  /** One of `ATTRIBUTE_TYPE`. */
  readonly type: number;
  readonly f?: number;
  readonly i?: Integer;
  /** UTF-8. */
  readonly s?: Uint8Array;
  readonly t?: TensorProto;
  readonly g?: GraphProto;
  readonly sparseTensor?: SparseTensorProto;
  readonly tp?: TypeProto;
  readonly floats: readonly number[];
  readonly ints: readonly Integer[];
  readonly strings: readonly Uint8Array[];
  readonly tensors: readonly TensorProto[];
  readonly graphs: readonly GraphProto[];
  readonly sparseTensors: readonly SparseTensorProto[];
  readonly typeProtos: readonly TypeProto[];
}

/** Elements are in `rawData` (little-endian), or in the one typed list that fits `dataType`, or in another file (`externalData`). See tensor.ts. */
export interface TensorProto {
  readonly dims: readonly number[];
  /** One of `DATA_TYPE`. */
  readonly dataType: number;
  readonly segment?: SegmentProto;
  readonly floatData: Float32Array;
  readonly int32Data: Int32Array;
  readonly stringData: readonly Uint8Array[];
  readonly int64Data: BigInt64Array;
  readonly name: string;
  readonly docString: string;
  readonly rawData?: Uint8Array;
  readonly externalData: readonly StringStringEntryProto[];
  /** 0: in this file; 1: in the file that `externalData` names. */
  readonly dataLocation: number;
  readonly doubleData: Float64Array;
  readonly uint64Data: BigUint64Array;
  readonly metadataProps: readonly StringStringEntryProto[];
}

export interface SegmentProto {
  readonly begin: Integer;
  readonly end: Integer;
}

export interface SparseTensorProto {
  readonly values?: TensorProto;
  readonly indices?: TensorProto;
  readonly dims: readonly number[];
}

export interface TensorAnnotation {
  readonly tensorName: string;
  readonly quantParameterTensorNames: readonly StringStringEntryProto[];
}

export interface ValueInfoProto {
  readonly name: string;
  readonly type?: TypeProto;
  readonly docString: string;
  readonly metadataProps: readonly StringStringEntryProto[];
}

/** One of the kinds is there. */
export interface TypeProto {
  readonly tensorType?: TensorTypeProto;
  readonly sequenceType?: ElementTypeProto;
  readonly mapType?: MapTypeProto;
  readonly optionalType?: ElementTypeProto;
  readonly sparseTensorType?: TensorTypeProto;
  readonly opaqueType?: OpaqueTypeProto;
  readonly denotation: string;
}

export interface TensorTypeProto {
  /** One of `DATA_TYPE`. */
  readonly elemType: number;
  /** Absent: a tensor of unknown rank. */
  readonly shape?: TensorShapeProto;
}

export interface ElementTypeProto {
  readonly elemType?: TypeProto;
}

export interface MapTypeProto {
  readonly keyType: number;
  readonly valueType?: TypeProto;
}

export interface OpaqueTypeProto {
  readonly domain: string;
  readonly name: string;
}

export interface TensorShapeProto {
  readonly dim: readonly DimensionProto[];
}

/** A number, a symbol, or neither (unknown). */
export interface DimensionProto {
  readonly dimValue?: number;
  readonly dimParam?: string;
  readonly denotation: string;
}

export interface FunctionProto {
  readonly name: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute: readonly string[];
  readonly attributeProto: readonly AttributeProto[];
  readonly node: readonly NodeProto[];
  readonly docString: string;
  readonly opsetImport: readonly OperatorSetIdProto[];
  readonly domain: string;
  readonly overload: string;
  readonly valueInfo: readonly ValueInfoProto[];
  readonly metadataProps: readonly StringStringEntryProto[];
}

/** What may be given for writing: everything is optional, and absent means absent from the file. */
export type Draft<T> = T extends Uint8Array | Float32Array | Float64Array | Int32Array | BigInt64Array | BigUint64Array | Integer | string
  ? T
  : T extends readonly (infer E)[]
    ? readonly Draft<E>[]
    : { readonly [K in keyof T]?: Draft<T[K]> | undefined };

/** `AttributeProto.type`. */
export const ATTRIBUTE_TYPE = {
  undefined: 0,
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
  tensors: 9,
  graphs: 10,
  sparseTensor: 11,
  sparseTensors: 12,
  typeProto: 13,
  typeProtos: 14,
} as const;

/** `TensorProto.dataLocation`. */
export const DATA_LOCATION = { default: 0, external: 1 } as const;

/** The text of an attribute of type string. */
export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** The bytes to store for the text of an attribute. */
export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
