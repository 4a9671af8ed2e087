/** @file Whole numbers of 16 and 4 bits in files, as int32. */
import { RobencError } from '../errors.js';
import type { NarrowType, TensorData } from '../graph/value.js';
import { dtypeName } from './dtypes.js';
import { DATA_LOCATION, type TensorProto } from './onnx.js';

const BITS: Readonly<Record<NarrowType, { readonly bits: 4 | 16; readonly signed: boolean }>> = {
  int16: { bits: 16, signed: true },
  uint16: { bits: 16, signed: false },
  int4: { bits: 4, signed: true },
  uint4: { bits: 4, signed: false },
};

/** The least and greatest number of each. */
export const NARROW_RANGES: Readonly<Record<NarrowType, readonly [number, number]>> = {
  int16: [-32768, 32767],
  uint16: [0, 65535],
  int4: [-8, 7],
  uint4: [0, 15],
};

/** The type of a code of onnx.proto, or null where it is none of these. */
export function narrowType(code: number): NarrowType | null {
  const name = dtypeName(code);
  return Object.hasOwn(BITS, name) ? (name as NarrowType) : null;
}

/** The elements as int32; two of 4 bits share a byte, the first in its lower half. `external` reads so many bytes of a file beside the model. Throws `bad-file`. */
export function narrowToData(tensor: TensorProto, stored: NarrowType, external: (bytes: number) => Uint8Array): TensorData {
  const { bits, signed } = BITS[stored];
  const size = tensor.dims.reduce((product, dim) => product * dim, 1);
  const bytes = Math.ceil((size * bits) / 8);
  const fail = (found: number, unit: string): RobencError =>
    new RobencError('bad-file', `Tensor "${tensor.name}" ${stored}[${tensor.dims}] needs ${bytes} bytes and has ${found} ${unit}. The file may be damaged.`, {
      field: tensor.name,
    });
  if (tensor.dims.some((dim) => dim < 0) || !Number.isSafeInteger(size)) throw fail(0, 'of an impossible shape');
  const raw = tensor.dataLocation === DATA_LOCATION.external ? external(bytes) : tensor.rawData;
  // In int32Data, what is narrower than a byte is packed as in raw bytes, one byte to an element.
  const listed = raw ? null : bits === 16 ? tensor.int32Data : Uint8Array.from(tensor.int32Data);
  const found = raw ? raw.length : listed!.length * (bits === 16 ? 2 : 1);
  if (found !== bytes) throw fail(found, 'bytes');
  const view = raw && new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const unsigned = (i: number): number => {
    if (bits === 16) return view ? view.getUint16(2 * i, true) : listed![i]! & 0xffff;
    return ((view ? view.getUint8(i >> 1) : listed![i >> 1]!) >> (i % 2 === 0 ? 0 : 4)) & 15;
  };
  const half = 2 ** (bits - 1);
  const data = Int32Array.from({ length: size }, (_, i) => (signed && unsigned(i) >= half ? unsigned(i) - 2 * half : unsigned(i)));
  return { dtype: 'int32', stored, shape: tensor.dims, data };
}
