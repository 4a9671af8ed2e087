/** @file Long packed lists of numbers as typed arrays: reading them in pieces, and writing them. */
import type { Reader, Writer } from 'protobufjs/minimal.js';
import { readInteger64, writeInteger } from './integers.js';
import type { Column } from './schemas.js';

export type ColumnArray = Float32Array | Float64Array | Int32Array | BigInt64Array | BigUint64Array;

interface ColumnKind {
  readonly empty: ColumnArray;
  /** Wire type of one element outside of a packed list: 0 varint, 1 eight bytes, 5 four bytes. */
  readonly wireType: 0 | 1 | 5;
  make(length: number): ColumnArray;
  read(reader: Reader): number | bigint;
  write(writer: Writer, values: ColumnArray): void;
}

const int64 = {
  wireType: 0,
  read: readInteger64,
  write(writer: Writer, values: ColumnArray) {
    for (const value of values) writeInteger(writer, BigInt.asIntN(64, BigInt(value)));
  },
} as const;

export const COLUMNS: Readonly<Record<Column, ColumnKind>> = {
  float32: { empty: new Float32Array(0), wireType: 5, make: (length) => new Float32Array(length), read: (reader) => reader.float(), write: writeRaw },
  float64: { empty: new Float64Array(0), wireType: 1, make: (length) => new Float64Array(length), read: (reader) => reader.double(), write: writeRaw },
  int32: {
    empty: new Int32Array(0),
    wireType: 0,
    make: (length) => new Int32Array(length),
    read: (reader) => reader.int32(),
    write(writer, values) {
      for (const value of values) writer.int32(Number(value));
    },
  },
  int64: { ...int64, empty: new BigInt64Array(0), make: (length) => new BigInt64Array(length) },
  uint64: { ...int64, empty: new BigUint64Array(0), make: (length) => new BigUint64Array(length), read: (reader) => BigInt.asUintN(64, readInteger64(reader)) },
};

/** Floats are stored as they lie in memory (little-endian, as on every machine that Node runs on). */
function writeRaw(writer: Writer, values: ColumnArray): void {
  writer.raw(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}

/** Collects a list that may come in several packed pieces, or one element at a time, or both. */
export class ColumnReader {
  readonly #kind: ColumnKind;
  readonly #pieces: ColumnArray[] = [];
  #singles: (number | bigint)[] = [];

  constructor(column: Column) {
    this.#kind = COLUMNS[column];
  }

  get wireType(): number {
    return this.#kind.wireType;
  }

  readSingle(reader: Reader): void {
    this.#singles.push(this.#kind.read(reader));
  }

  /** Reads a packed piece up to byte `end`. Throws RangeError when the bytes do not divide into elements. */
  readPacked(reader: Reader, end: number): void {
    this.#flush();
    const piece = this.#kind.make(this.#countPacked(reader, end));
    if (this.#kind.wireType === 0) {
      for (let index = 0; index < piece.length; index++) piece[index] = this.#kind.read(reader);
      if (reader.pos !== end) throw new RangeError('a packed list ends in the middle of a number');
    } else {
      new Uint8Array(piece.buffer).set(reader.buf.subarray(reader.pos, end));
      reader.pos = end;
    }
    this.#pieces.push(piece);
  }

  finish(): ColumnArray {
    this.#flush();
    if (this.#pieces.length === 1) return this.#pieces[0]!;
    const whole = this.#kind.make(this.#pieces.reduce((sum, piece) => sum + piece.length, 0));
    let offset = 0;
    for (const piece of this.#pieces) {
      for (let index = 0; index < piece.length; index++) whole[offset + index] = piece[index]!;
      offset += piece.length;
    }
    return whole;
  }

  /** Every varint has exactly one byte below 128, its last. */
  #countPacked(reader: Reader, end: number): number {
    const bytes = end - reader.pos;
    if (this.#kind.wireType === 0) {
      let count = 0;
      for (let at = reader.pos; at < end; at++) if (reader.buf[at]! < 128) count++;
      return count;
    }
    const size = this.#kind.wireType === 1 ? 8 : 4;
    if (bytes % size !== 0) throw new RangeError(`a packed list of ${bytes} bytes does not divide into elements of ${size}`);
    return bytes / size;
  }

  #flush(): void {
    if (this.#singles.length === 0) return;
    const piece = this.#kind.make(this.#singles.length);
    this.#singles.forEach((value, index) => (piece[index] = value));
    this.#pieces.push(piece);
    this.#singles = [];
  }
}
