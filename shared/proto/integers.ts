/** @file 64-bit integers of the wire format as exact JavaScript values. */
import type { Reader, Writer } from 'protobufjs/minimal.js';
import type { Integer } from './onnx.js';

/** A signed 64-bit varint, exact. */
export function readInteger64(reader: Reader): bigint {
  // The reader gives a plain number only when the optional `long` package is missing; then it is exact up to 2^53.
  const value: { readonly low: number; readonly high: number } | number = reader.int64();
  if (typeof value === 'number') return BigInt(value);
  return (BigInt(value.high) << 32n) | BigInt(value.low >>> 0);
}

/** A signed 64-bit varint: a number where that is exact, else a bigint. */
export function readInteger(reader: Reader): Integer {
  const value = readInteger64(reader);
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

/** A signed 64-bit varint that a number must hold exactly. Throws RangeError. */
export function readCount(reader: Reader): number {
  const value = readInteger(reader);
  if (typeof value === 'bigint') throw new RangeError(`the integer ${value} is out of range`);
  return value;
}

/** Throws RangeError for fractions and for what does not fit 64 bits. */
export function writeInteger(writer: Writer, value: Integer): void {
  const exact = typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value;
  if (typeof exact !== 'bigint' || BigInt.asIntN(64, exact) !== exact) throw new RangeError(`${value} is not a 64-bit integer`);
  writer.int64({ low: Number(BigInt.asIntN(32, exact)), high: Number(BigInt.asIntN(32, exact >> 32n)), unsigned: false });
}
