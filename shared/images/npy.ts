/** @file NumPy array files (numpy.lib.format, versions 1 and 2): how pixels come in as they are, and numbers go out. */
import { RobencError } from '../errors.js';
import type { TensorData } from '../graph/value.js';

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const REMEDY = 'Send a C-ordered array of uint8 or little-endian float32, as numpy.save writes it.';

/** The array of a file: uint8 or float32. Throws `bad-input` for anything else. */
export function readNpy(bytes: Uint8Array): TensorData {
  if (bytes.length < 10 || MAGIC.some((byte, i) => bytes[i] !== byte)) throw refusal('The body is not an .npy file.');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = bytes[6] === 2 && bytes.length >= 12;
  if (bytes[6] !== 1 && !wide) throw refusal(`The .npy file has the format version ${bytes[6]}.`);
  const start = (wide ? 12 : 10) + (wide ? view.getUint32(8, true) : view.getUint16(8, true));
  if (start > bytes.length || start > 4_096) throw refusal('The .npy file is cut off in its header.');
  const header = new TextDecoder('latin1').decode(bytes.subarray(wide ? 12 : 10, start));
  const type = /'descr': *'([<>|=]?\w+)'/.exec(header)?.[1];
  const shapeText = /'shape': *\(([\d, ]*)\)/.exec(header)?.[1];
  if (!/'fortran_order': *False/.test(header) || shapeText === undefined) throw refusal('The .npy file is not in C order, or has no shape.');
  const shape = shapeText.split(',').flatMap((size) => (size.trim() === '' ? [] : [Number(size)]));
  const count = shape.reduce((product, size) => product * size, 1);
  const size = type === '<f4' ? 4 : type === '|u1' ? 1 : 0;
  if (size === 0) throw refusal(`The .npy file holds ${type ?? 'no type'}.`);
  if (bytes.length - start !== count * size) throw refusal(`The .npy file has ${bytes.length - start} bytes for the shape [${shape.join(',')}].`);
  // A copy of its own: numbers of four bytes must start at a multiple of four.
  const data = new Uint8Array(bytes.subarray(start));
  return size === 4 ? { dtype: 'float32', shape, data: new Float32Array(data.buffer) } : { dtype: 'uint8', shape, data };
}

/** A float32 array as a file. */
export function writeNpy(shape: readonly number[], data: Float32Array): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }`;
  const length = Math.ceil((10 + text.length + 1) / 64) * 64;
  const file = Buffer.alloc(length + data.byteLength, ' ', 'latin1');
  file.set([...MAGIC, 1, 0]);
  file.writeUInt16LE(length - 10, 8);
  file.write(text, 10, 'latin1');
  file.write('\n', length - 1, 'latin1');
  file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), length);
  return file;
}

function refusal(message: string): RobencError {
  return new RobencError('bad-input', `${message} ${REMEDY}`, { field: 'body' });
}
