/** @file Plain data and floats in one run of bytes: the length of the header, the header as JSON, the floats as float32, little-endian. */
import { RobencError } from '@robenc/shared/errors.js';

const MARK = 0x52424557;

export function packFloats(header: object, parts: readonly Float32Array[]): Uint8Array {
  const text = Buffer.from(JSON.stringify(header));
  const count = parts.reduce((sum, part) => sum + part.length, 0);
  const bytes = Buffer.alloc(12 + text.length + 4 * count);
  bytes.writeUInt32LE(MARK, 0);
  bytes.writeUInt32LE(text.length, 4);
  bytes.writeUInt32LE(count, 8);
  text.copy(bytes, 12);
  let at = 12 + text.length;
  for (const part of parts) for (const value of part) at = bytes.writeFloatLE(value, at);
  return bytes;
}

/** Throws `bad-file`, naming `what`, where the bytes are no such thing or were cut off. */
export function unpackFloats<H>(bytes: Uint8Array, what: string): { header: H; floats: Float32Array } {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [length, count] = bytes.length < 12 ? [0, 0] : [view.readUInt32LE(4), view.readUInt32LE(8)];
  if (bytes.length < 12 || view.readUInt32LE(0) !== MARK || bytes.length !== 12 + length + 4 * count)
    throw new RobencError('bad-file', `These ${bytes.length} bytes are not ${what}, or were cut off. Delete the file; it will be made again.`);
  const start = 12 + length;
  const floats = Float32Array.from({ length: count }, (_, i) => view.readFloatLE(start + 4 * i));
  return { header: JSON.parse(view.toString('utf8', 12, start)) as H, floats };
}
