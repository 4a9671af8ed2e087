/** @file Attributes of the nodes of a file, and the tensors of Constant nodes. */
import { RobencError } from '../../errors.js';
import { ATTRIBUTE_TYPE, textOf, type AttributeProto, type GraphProto, type Integer, type NodeProto } from '../../proto/onnx.js';
import type { ImportedNode } from '../imported.js';
import { floats, integers, type Attr, type Attrs, type TensorData } from '../value.js';
import type { Body, Reading } from './reading.js';
import { denseTensor } from './sparse.js';

/** The attributes of a node in which references to those of the enclosing function are resolved; ones that the call leaves out are absent. */
export function resolvedAttributes(node: NodeProto, { attributes }: Body): AttributeProto[] {
  return node.attribute.flatMap((attribute) => {
    if (attribute.refAttrName === '') return [attribute];
    const given = attributes.get(attribute.refAttrName);
    return given === undefined ? [] : [{ ...given, name: attribute.name }];
  });
}

/** The attributes as values. Throws `unsupported` for graphs and types, which only control flow has. */
export function attributeValues(reading: Reading, attributes: readonly AttributeProto[], { op, name }: { op: string; name: string }): Attrs {
  return Object.fromEntries(attributes.map((attribute) => [attribute.name, valueOf(reading, attribute, op, name)]));
}

/** The graph in an attribute. Throws `bad-file` where there is none. */
export function graphAttribute(attributes: readonly AttributeProto[], name: string, node: { op: string; name: string }): GraphProto {
  const graph = attributes.find((attribute) => attribute.name === name)?.g;
  if (!graph) throw new RobencError('bad-file', `${node.op} "${node.name}" has no graph "${name}".`);
  return graph;
}

function valueOf(reading: Reading, attribute: AttributeProto, op: string, node: string): Attr {
  switch (attribute.type === ATTRIBUTE_TYPE.undefined ? typeOf(attribute) : attribute.type) {
    case ATTRIBUTE_TYPE.float:
      return attribute.f ?? 0;
    case ATTRIBUTE_TYPE.int:
      return Number(attribute.i ?? 0);
    case ATTRIBUTE_TYPE.string:
      return textOf(attribute.s ?? new Uint8Array());
    case ATTRIBUTE_TYPE.tensor:
      if (!attribute.t) throw new RobencError('bad-file', `${op} "${node}": attribute "${attribute.name}" should hold a tensor and holds none.`);
      return reading.tensor(attribute.t);
    case ATTRIBUTE_TYPE.sparseTensor:
      if (!attribute.sparseTensor)
        throw new RobencError('bad-file', `${op} "${node}": attribute "${attribute.name}" should hold a sparse tensor and holds none.`);
      return denseTensor(reading, attribute.sparseTensor);
    case ATTRIBUTE_TYPE.floats:
      return attribute.floats;
    case ATTRIBUTE_TYPE.ints:
      return attribute.ints.map((value: Integer) => Number(value));
    case ATTRIBUTE_TYPE.strings:
      return attribute.strings.map(textOf);
    default:
      throw new RobencError('unsupported', `attribute "${attribute.name}" holds a graph or another kind of value that robenc does not read`);
  }
}

/** Files of the first IR versions leave the kind of an attribute to be told from its value. */
function typeOf({ f, i, s, t, sparseTensor, floats: floatList, ints, strings }: AttributeProto): number {
  if (f !== undefined) return ATTRIBUTE_TYPE.float;
  if (i !== undefined) return ATTRIBUTE_TYPE.int;
  if (s !== undefined) return ATTRIBUTE_TYPE.string;
  if (t !== undefined) return ATTRIBUTE_TYPE.tensor;
  if (sparseTensor !== undefined) return ATTRIBUTE_TYPE.sparseTensor;
  if (floatList.length > 0) return ATTRIBUTE_TYPE.floats;
  if (strings.length > 0) return ATTRIBUTE_TYPE.strings;
  return ints.length > 0 ? ATTRIBUTE_TYPE.ints : ATTRIBUTE_TYPE.undefined;
}

/** The tensor of a Constant node, which may be spelled in several ways. */
export function constantOf({ attrs }: Pick<ImportedNode, 'attrs'>): TensorData {
  const { value, sparse_value: sparse, value_float: float, value_floats: list, value_int: integer, value_ints: integerList } = attrs;
  for (const tensor of [value, sparse]) if (typeof tensor === 'object' && 'dtype' in tensor) return tensor;
  if (typeof float === 'number') return floats([float], []);
  if (Array.isArray(list)) return floats(list as readonly number[]);
  if (typeof integer === 'number') return integers([integer], []);
  if (Array.isArray(integerList)) return integers(integerList as readonly number[]);
  throw new RobencError('unsupported', `it holds text: ${Object.keys(attrs).join(', ')}`);
}
