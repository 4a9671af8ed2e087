/** @file Tensors of a file as arrays that one can compute with, and back. */
import { RobencError } from '../errors.js';
import type { DType, TensorData, TypedArray } from '../graph/value.js';
import { ARRAYS, DATA_TYPE, dtypeName, dtypeOf } from './dtypes.js';
import { readExternalData } from './external-data.js';
import { narrowToData, narrowType } from './narrow.js';
import { DATA_LOCATION, type Draft, type TensorProto } from './onnx.js';

/**
 * The elements of a stored tensor: a view into the file's bytes where their alignment allows it.
 * `folder` is where the model lies, for elements in a file beside it.
 * Throws `bad-file` when dims and elements disagree, `unsupported` for element types that robenc does not compute with.
 */
export function tensorToData(tensor: TensorProto, { folder }: { folder?: string } = {}): TensorData {
  const stored = narrowType(tensor.dataType);
  if (stored) return narrowToData(tensor, stored, (bytes) => external(tensor, folder, bytes));
  const dtype = dtypeOf(tensor.dataType);
  if (dtype === null)
    throw new RobencError(
      'unsupported',
      `Tensor "${tensor.name}" has elements of ${dtypeName(tensor.dataType)}. There are: ${Object.keys(ARRAYS).join(', ')}.`,
      {
        field: tensor.name,
      },
    );
  if (tensor.segment !== undefined) throw new RobencError('unsupported', `Tensor "${tensor.name}" is stored in segments. Export the model again without.`);
  const size = sizeOf(tensor);
  const raw = tensor.dataLocation === DATA_LOCATION.external ? external(tensor, folder, size * ARRAYS[dtype].BYTES_PER_ELEMENT) : tensor.rawData;
  const data = raw === undefined ? fromFields(tensor, dtype) : fromRaw(tensor, dtype, raw, size);
  if (data.length !== size)
    throw new RobencError(
      'bad-file',
      `Tensor "${tensor.name}" of shape [${tensor.dims}] needs ${size} elements and has ${data.length}. The file may be damaged.`,
      {
        field: tensor.name,
      },
    );
  return { dtype, shape: tensor.dims, data };
}

/** A tensor for a file; the elements are kept as raw bytes, as a view. Throws `bad-input` when shape and elements disagree. */
export function dataToTensor(name: string, { dtype, shape, data }: TensorData): Draft<TensorProto> {
  const size = shape.reduce((product, dim) => product * dim, 1);
  if (size !== data.length) throw new RobencError('bad-input', `Tensor "${name}" of shape [${shape}] needs ${size} elements and has ${data.length}.`);
  return { name, dims: shape, dataType: DATA_TYPE[dtype], rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
}

function sizeOf(tensor: TensorProto): number {
  const size = tensor.dims.reduce((product, dim) => product * dim, 1);
  if (tensor.dims.some((dim) => dim < 0) || !Number.isSafeInteger(size))
    throw new RobencError('bad-file', `Tensor "${tensor.name}" has the impossible shape [${tensor.dims}].`, { field: tensor.name });
  return size;
}

function external(tensor: TensorProto, folder: string | undefined, bytes: number): Uint8Array {
  if (folder === undefined)
    throw new RobencError('unsupported', `Tensor "${tensor.name}" keeps its elements in another file. Open the model by its path, not from bytes.`);
  return readExternalData(tensor, folder, bytes);
}

function fromRaw(tensor: TensorProto, dtype: DType, raw: Uint8Array, size: number): TypedArray {
  const ArrayType = ARRAYS[dtype];
  if (raw.length !== size * ArrayType.BYTES_PER_ELEMENT)
    throw new RobencError(
      'bad-file',
      `Tensor "${tensor.name}" ${dtype}[${tensor.dims}] needs ${size * ArrayType.BYTES_PER_ELEMENT} bytes and has ${raw.length}. The file may be damaged.`,
      { field: tensor.name },
    );
  const aligned = raw.byteOffset % ArrayType.BYTES_PER_ELEMENT === 0 ? raw : new Uint8Array(raw);
  return new ArrayType(aligned.buffer, aligned.byteOffset, size);
}

/** The typed list that onnx.proto assigns to each element type; small types share the list of 32-bit integers, halves as bit patterns. */
function fromFields(tensor: TensorProto, dtype: DType): TypedArray {
  switch (dtype) {
    case 'float32':
      return tensor.floatData;
    case 'float64':
      return tensor.doubleData;
    case 'int64':
      return tensor.int64Data;
    case 'int32':
      return tensor.int32Data;
    case 'float16':
      return Uint16Array.from(tensor.int32Data);
    case 'int8':
      return Int8Array.from(tensor.int32Data);
    case 'uint8':
    case 'bool':
      return Uint8Array.from(tensor.int32Data);
  }
}
