/** @file The types that a file gives to its inputs, outputs and values. */
import { RobencError } from '../../errors.js';
import { dtypeName, dtypeOf } from '../../proto/dtypes.js';
import type { TypeProto, ValueInfoProto } from '../../proto/onnx.js';
import type { Dim, Type } from '../value.js';

/**
 * The type of an input. Sizes that the file leaves open become symbols: `batch` for the first axis, else one of their own.
 *
 * @throws RobencError `unsupported` for what is no tensor, or has no rank, or elements that robenc does not compute with.
 */
export function inputType(info: ValueInfoProto): Type {
  const refuse = (reason: string): never => {
    throw new RobencError('unsupported', `Input "${info.name}" ${reason}`, { field: info.name });
  };
  const tensor = info.type?.tensorType;
  if (!tensor) return refuse(`is ${kindOf(info.type)}: robenc computes with tensors only.`);
  const dtype = dtypeOf(tensor.elemType);
  if (!dtype) return refuse(`has elements of ${dtypeName(tensor.elemType)}, which robenc does not compute with.`);
  if (!tensor.shape) return refuse('has no rank. Export the model with a shape for its inputs; sizes may stay open.');
  const shape = tensor.shape.dim.map((dim, i): Dim => {
    if (dim.dimParam) return symbolOf(dim.dimParam);
    if (dim.dimValue !== undefined && dim.dimValue > 0) return dim.dimValue;
    return i === 0 ? 'batch' : `${symbolOf(info.name)}_size_${i}`;
  });
  return { dtype, shape };
}

/** The type that the file gives to a value, or null where it leaves some of it open. */
export function statedType(info: ValueInfoProto): Type | null {
  const tensor = info.type?.tensorType;
  const dtype = tensor ? dtypeOf(tensor.elemType) : null;
  if (!tensor?.shape || !dtype) return null;
  const shape = tensor.shape.dim.map((dim): Dim | null => {
    if (dim.dimParam) return symbolOf(dim.dimParam);
    return dim.dimValue !== undefined && dim.dimValue >= 0 ? dim.dimValue : null;
  });
  return shape.every((dim) => dim !== null) ? { dtype, shape } : null;
}

/** A name as a symbol of our arithmetic, which keeps `*`, `+` and digits in front for itself. */
function symbolOf(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_]/g, '_').replace(/^(?=\d)/, 'n');
}

function kindOf(type: TypeProto | undefined): string {
  if (type?.sequenceType) return 'a sequence';
  if (type?.optionalType) return 'optional';
  if (type?.mapType) return 'a map';
  if (type?.sparseTensorType) return 'a sparse tensor';
  return type?.opaqueType ? 'of a type of its own' : 'without a type';
}
