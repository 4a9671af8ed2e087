/** @file Writes plain objects as the bytes of an ONNX file. */
import { inspect } from 'node:util';
import protobuf from 'protobufjs/minimal.js';
import { messageOf, RobencError } from '../errors.js';
import { COLUMNS, type ColumnArray } from './columns.js';
import { writeInteger } from './integers.js';
import type { Draft, Integer, ModelProto } from './onnx.js';
import { perMessage, type Field, type MessageName, type Scalar } from './schemas.js';

/** Protobuf's limit for one message: 2 GiB less one byte. */
const MAX_BYTES = 2 ** 31 - 1;

/**
 * The bytes of a model; the same object always gives the same bytes (fields in the order of their numbers).
 * Throws `bad-input` with the path of a field that holds a value of another kind, `unsupported` beyond 2 GiB.
 */
export function encodeModel(model: Draft<ModelProto>): Uint8Array {
  const writer = new protobuf.Writer();
  const path: string[] = [];
  try {
    writeMessage(writer, 'ModelProto', model, path);
  } catch (cause) {
    throw new RobencError('bad-input', `The ONNX model cannot be written: ${path.join('.')}: ${messageOf(cause)}.`, { cause });
  }
  if (writer.pos > MAX_BYTES)
    throw new RobencError('unsupported', `The ONNX model takes ${writer.pos} bytes; one file may hold ${MAX_BYTES}. Use fewer parameters.`);
  return writer.finish();
}

const ORDERED = perMessage((fields) => [...fields].sort(([, left], [, right]) => left.number - right.number));

function writeMessage(writer: protobuf.Writer, name: MessageName, message: object, path: string[]): void {
  const slots = message as Readonly<Record<string, unknown>>;
  for (const [key, field] of ORDERED[name]) {
    const value = slots[key];
    if (value === undefined) continue;
    path.push(key);
    writeField(writer, field, value, path);
    path.pop();
  }
}

function writeField(writer: protobuf.Writer, field: Field, value: unknown, path: string[]): void {
  const { number, repeat, kind } = field;
  if (repeat === 'column') {
    const values = value as ColumnArray;
    if (values.length === 0) return;
    writer.uint32((number << 3) | 2).fork();
    COLUMNS[kind].write(writer, values);
    writer.ldelim();
  } else if (repeat === 'many') {
    const key = path.pop()!;
    for (const [index, item] of (value as readonly unknown[]).entries()) {
      path.push(`${key}[${index}]`);
      writeOne(writer, number, kind, item, path);
      path.pop();
    }
    path.push(key);
  } else if (repeat === 'one' || (value !== '' && value !== 0)) {
    writeOne(writer, number, kind, value, path);
  }
}

function writeOne(writer: protobuf.Writer, number: number, kind: Field['kind'], value: unknown, path: string[]): void {
  if (typeof kind === 'object') {
    writer.uint32((number << 3) | 2).fork();
    writeMessage(writer, kind.message, expect(value, 'an object', isObject), path);
    writer.ldelim();
  } else {
    WRITE[kind as Scalar](writer, number, value);
  }
}

const WRITE: Readonly<Record<Scalar, (writer: protobuf.Writer, number: number, value: unknown) => void>> = {
  text: (writer, number, value) => writer.uint32((number << 3) | 2).string(expect(value, 'text', (item) => typeof item === 'string')),
  bytes: (writer, number, value) => writer.uint32((number << 3) | 2).bytes(expect(value, 'a Uint8Array', (item) => item instanceof Uint8Array)),
  float: (writer, number, value) => writer.uint32((number << 3) | 5).float(expect(value, 'a number', (item) => typeof item === 'number')),
  count: (writer, number, value) => writeInteger(writer.uint32(number << 3), expect<number>(value, 'a whole number', Number.isSafeInteger)),
  integer: (writer, number, value) => writeInteger(writer.uint32(number << 3), expect<Integer>(value, 'an integer', isInteger)),
};

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function isInteger(value: unknown): boolean {
  return typeof value === 'bigint' || Number.isSafeInteger(value);
}

function expect<T>(value: unknown, what: string, holds: (value: unknown) => boolean): T {
  if (!holds(value))
    throw new TypeError(`expected ${what}, got ${inspect(value, { depth: 0, breakLength: Infinity, maxArrayLength: 8, maxStringLength: 80 })}`);
  return value as T;
}
