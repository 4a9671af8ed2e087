/** @file The field numbers and wire types of every message of an ONNX file, as data. Source: onnx-ml.proto of ONNX 1.23 (IR version 14). */
import type * as onnx from './onnx.js';

/** The messages by name; a message that is missing below, or a field, does not compile. */
interface Messages {
  ModelProto: onnx.ModelProto;
  OperatorSetIdProto: onnx.OperatorSetIdProto;
  StringStringEntryProto: onnx.StringStringEntryProto;
  GraphProto: onnx.GraphProto;
  NodeProto: onnx.NodeProto;
  AttributeProto: onnx.AttributeProto;
  TensorProto: onnx.TensorProto;
  SegmentProto: onnx.SegmentProto;
  SparseTensorProto: onnx.SparseTensorProto;
  TensorAnnotation: onnx.TensorAnnotation;
  ValueInfoProto: onnx.ValueInfoProto;
  TypeProto: onnx.TypeProto;
  TensorTypeProto: onnx.TensorTypeProto;
  ElementTypeProto: onnx.ElementTypeProto;
  MapTypeProto: onnx.MapTypeProto;
  OpaqueTypeProto: onnx.OpaqueTypeProto;
  TensorShapeProto: onnx.TensorShapeProto;
  DimensionProto: onnx.DimensionProto;
  FunctionProto: onnx.FunctionProto;
}

export type MessageName = keyof Messages;

/** `count` is a 64-bit integer that must fit a number; `integer` one that may be a bigint. */
export type Scalar = 'text' | 'bytes' | 'float' | 'count' | 'integer';

/** Element types of the long lists that are kept as typed arrays. */
export type Column = 'float32' | 'float64' | 'int32' | 'int64' | 'uint64';

/**
 * How a field is stored. `one` reads as undefined when absent; `plain` as '' or 0, and is not written then; `many` as [];
 * `column` is a packed list in a typed array.
 */
export type Field =
  | { readonly number: number; readonly repeat: 'one' | 'many'; readonly kind: Scalar | { readonly message: MessageName } }
  | { readonly number: number; readonly repeat: 'plain'; readonly kind: 'text' | 'count' | 'integer' }
  | { readonly number: number; readonly repeat: 'column'; readonly kind: Column };

const one = (number: number, kind: Scalar): Field => ({ number, repeat: 'one', kind });
const many = (number: number, kind: Scalar): Field => ({ number, repeat: 'many', kind });
const text = (number: number): Field => ({ number, repeat: 'plain', kind: 'text' });
const count = (number: number): Field => ({ number, repeat: 'plain', kind: 'count' });
const integer = (number: number): Field => ({ number, repeat: 'plain', kind: 'integer' });
const column = (number: number, kind: Column): Field => ({ number, repeat: 'column', kind });
const a = (number: number, message: MessageName): Field => ({ number, repeat: 'one', kind: { message } });
const list = (number: number, message: MessageName): Field => ({ number, repeat: 'many', kind: { message } });

export const SCHEMAS: { readonly [M in MessageName]: { readonly [F in keyof Messages[M]]-?: Field } } = {
  ModelProto: {
    irVersion: count(1),
    opsetImport: list(8, 'OperatorSetIdProto'),
    producerName: text(2),
    producerVersion: text(3),
    domain: text(4),
    modelVersion: integer(5),
    docString: text(6),
    graph: a(7, 'GraphProto'),
    metadataProps: list(14, 'StringStringEntryProto'),
    functions: list(25, 'FunctionProto'),
  },
  OperatorSetIdProto: { domain: text(1), version: count(2) },
  StringStringEntryProto: { key: text(1), value: text(2) },
  GraphProto: {
    node: list(1, 'NodeProto'),
    name: text(2),
    initializer: list(5, 'TensorProto'),
    sparseInitializer: list(15, 'SparseTensorProto'),
    docString: text(10),
    input: list(11, 'ValueInfoProto'),
    output: list(12, 'ValueInfoProto'),
    valueInfo: list(13, 'ValueInfoProto'),
    quantizationAnnotation: list(14, 'TensorAnnotation'),
    metadataProps: list(16, 'StringStringEntryProto'),
  },
  NodeProto: {
    input: many(1, 'text'),
    output: many(2, 'text'),
    name: text(3),
    opType: text(4),
    domain: text(7),
    overload: text(8),
    attribute: list(5, 'AttributeProto'),
    docString: text(6),
    metadataProps: list(9, 'StringStringEntryProto'),
  },
  AttributeProto: {
    name: text(1),
    refAttrName: text(21),
    docString: text(13),
    type: count(20),
    f: one(2, 'float'),
    i: one(3, 'integer'),
    s: one(4, 'bytes'),
    t: a(5, 'TensorProto'),
    g: a(6, 'GraphProto'),
    sparseTensor: a(22, 'SparseTensorProto'),
    tp: a(14, 'TypeProto'),
    floats: many(7, 'float'),
    ints: many(8, 'integer'),
    strings: many(9, 'bytes'),
    tensors: list(10, 'TensorProto'),
    graphs: list(11, 'GraphProto'),
    sparseTensors: list(23, 'SparseTensorProto'),
    typeProtos: list(15, 'TypeProto'),
  },
  TensorProto: {
    dims: many(1, 'count'),
    dataType: count(2),
    segment: a(3, 'SegmentProto'),
    floatData: column(4, 'float32'),
    int32Data: column(5, 'int32'),
    stringData: many(6, 'bytes'),
    int64Data: column(7, 'int64'),
    name: text(8),
    docString: text(12),
    rawData: one(9, 'bytes'),
    externalData: list(13, 'StringStringEntryProto'),
    dataLocation: count(14),
    doubleData: column(10, 'float64'),
    uint64Data: column(11, 'uint64'),
    metadataProps: list(16, 'StringStringEntryProto'),
  },
  SegmentProto: { begin: integer(1), end: integer(2) },
  SparseTensorProto: { values: a(1, 'TensorProto'), indices: a(2, 'TensorProto'), dims: many(3, 'count') },
  TensorAnnotation: { tensorName: text(1), quantParameterTensorNames: list(2, 'StringStringEntryProto') },
  ValueInfoProto: { name: text(1), type: a(2, 'TypeProto'), docString: text(3), metadataProps: list(4, 'StringStringEntryProto') },
  TypeProto: {
    tensorType: a(1, 'TensorTypeProto'),
    sequenceType: a(4, 'ElementTypeProto'),
    mapType: a(5, 'MapTypeProto'),
    optionalType: a(9, 'ElementTypeProto'),
    sparseTensorType: a(8, 'TensorTypeProto'),
    opaqueType: a(7, 'OpaqueTypeProto'),
    denotation: text(6),
  },
  TensorTypeProto: { elemType: count(1), shape: a(2, 'TensorShapeProto') },
  ElementTypeProto: { elemType: a(1, 'TypeProto') },
  MapTypeProto: { keyType: count(1), valueType: a(2, 'TypeProto') },
  OpaqueTypeProto: { domain: text(1), name: text(2) },
  TensorShapeProto: { dim: list(1, 'DimensionProto') },
  DimensionProto: { dimValue: one(1, 'count'), dimParam: one(2, 'text'), denotation: text(3) },
  FunctionProto: {
    name: text(1),
    input: many(4, 'text'),
    output: many(5, 'text'),
    attribute: many(6, 'text'),
    attributeProto: list(11, 'AttributeProto'),
    node: list(7, 'NodeProto'),
    docString: text(8),
    opsetImport: list(9, 'OperatorSetIdProto'),
    domain: text(10),
    overload: text(13),
    valueInfo: list(12, 'ValueInfoProto'),
    metadataProps: list(14, 'StringStringEntryProto'),
  },
};

/** Something worked out from the fields of each message. */
export function perMessage<T>(build: (fields: readonly (readonly [key: string, field: Field])[]) => T): Readonly<Record<MessageName, T>> {
  const built = new Map<string, T>();
  for (const [name, fields] of Object.entries(SCHEMAS)) built.set(name, build(Object.entries(fields)));
  return Object.fromEntries(built) as Record<MessageName, T>;
}
