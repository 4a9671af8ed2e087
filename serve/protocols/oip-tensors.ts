/** @file Tensors of the Open Inference Protocol: as JSON lists, or as raw bytes after the JSON (the binary tensor extension). */
import { ApiError } from '../errors.js';

export interface OipTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly datatype: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Little-endian bytes, where the tensor came or goes as such. */
  readonly bytes: Uint8Array | null;
  /** Values as JSON has them, flat; or already as numbers that fit the type. */
  readonly values: readonly unknown[] | Float32Array | null;
}

/** Bytes of an element; BYTES has no size of its own. */
export const ELEMENT_BYTES: Readonly<Record<string, number>> = {
  BOOL: 1,
  UINT8: 1,
  UINT16: 2,
  UINT32: 4,
  UINT64: 8,
  INT8: 1,
  INT16: 2,
  INT32: 4,
  INT64: 8,
  FP16: 2,
  FP32: 4,
  FP64: 8,
};

/** Most elements of one tensor: more cannot be in a body that is let in. */
const MOST_ELEMENTS = 2 ** 31;

/** `bad_input`. */
export function bad(message: string, field: string | null = null): ApiError {
  return new ApiError('bad_input', message, { field });
}

/** Elements of a shape. Throws for sizes that are no whole numbers of at least 1, and for products that no body could hold. */
export function elementsOf(shape: unknown, name: string): { shape: readonly number[]; count: number } {
  if (!Array.isArray(shape) || shape.length === 0 || shape.length > 8) throw bad(`Input "${name}": shape must be a list of 1 to 8 sizes.`, name);
  let count = 1;
  for (const size of shape as unknown[]) {
    if (typeof size !== 'number' || !Number.isInteger(size) || size < 1)
      throw bad(`Input "${name}": the shape [${shape.join(',').slice(0, 100)}] has a size that is no whole number of at least 1.`, name);
    count *= size;
    if (count > MOST_ELEMENTS) throw bad(`Input "${name}": the shape [${shape.join(',').slice(0, 100)}] has too many elements.`, name);
  }
  return { shape: shape as number[], count };
}

/** Numbers as float32 or uint8, from either form. Throws for what is not finite, not a number or out of range. */
export function numbersOf({ name, datatype, bytes, values }: OipTensor, count: number): Float32Array | Uint8Array {
  if (bytes !== null) {
    if (datatype === 'UINT8') return bytes;
    // Numbers of four bytes must start at a multiple of four, and the bytes may lie anywhere: then they are copied.
    return bytes.byteOffset % 4 === 0 ? new Float32Array(bytes.buffer, bytes.byteOffset, count) : new Float32Array(new Uint8Array(bytes).buffer);
  }
  const flat = values!;
  if (flat.length !== count) throw bad(`Input "${name}" has ${flat.length} values for ${count} elements.`, name);
  if (flat instanceof Float32Array) return datatype === 'UINT8' ? Uint8Array.from(flat) : flat;
  const result = datatype === 'UINT8' ? new Uint8Array(count) : new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const value = flat[i];
    if (typeof value !== 'number' || !Number.isFinite(value) || (datatype === 'UINT8' && !(Number.isInteger(value) && value >= 0 && value <= 255)))
      throw bad(`Input "${name}": value ${i} is ${JSON.stringify(value)?.slice(0, 40)}, which is no ${datatype}.`, name);
    result[i] = value;
  }
  return result;
}

/** The byte strings of a BYTES tensor in binary form: each has its length before it, four bytes, little-endian. */
export function byteStrings(name: string, bytes: Uint8Array, count: number): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const strings: Uint8Array[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 4 > bytes.length) throw bad(`Input "${name}": its bytes end before element ${i}.`, name);
    const length = view.getUint32(at, true);
    at += 4;
    if (at + length > bytes.length) throw bad(`Input "${name}": element ${i} says it has ${length} bytes, and there are ${bytes.length - at}.`, name);
    strings.push(bytes.subarray(at, at + length));
    at += length;
  }
  if (at !== bytes.length) throw bad(`Input "${name}": ${bytes.length - at} bytes are left after ${count} elements.`, name);
  return strings;
}

/** The opposite. */
export function writeByteStrings(strings: readonly string[]): Uint8Array {
  return Buffer.concat(
    strings.flatMap((text) => {
      const bytes = Buffer.from(text);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return [length, bytes];
    }),
  );
}
