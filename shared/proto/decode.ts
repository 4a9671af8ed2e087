/** @file Reads the bytes of an ONNX file into plain objects. Nothing in a broken or hostile file makes it hang, recurse without end or guess. */
import protobuf from 'protobufjs/minimal.js';
import { messageOf, RobencError } from '../errors.js';
import { COLUMNS, ColumnReader } from './columns.js';
import { readCount, readInteger } from './integers.js';
import type { ModelProto } from './onnx.js';
import { perMessage, type Field, type MessageName, type Scalar } from './schemas.js';

/** Messages in messages; protobuf's own readers stop at 100 too. */
const MAX_DEPTH = 100;
/**
 * Two bytes of a file can ask for an object of hundreds, and one byte for a number of eight. So a file may hold so many to begin with, and more in proportion to
 * its size; that bounds memory to a small multiple of the file. Real models have names, texts and weights, and stay far below.
 */
const MOST = {
  messages: { base: 250_000, bytesEach: 48 },
  nodes: { base: 80_000, bytesEach: 400 },
  numbers: { base: 2_000_000, bytesEach: 4 },
} as const;

/** What lists hold that nothing was put into. */
const NONE: readonly never[] = Object.freeze([]);

const WIRE = { varint: 0, eight: 1, sized: 2, startGroup: 3, endGroup: 4, four: 5 } as const;

/**
 * The model in `bytes`. Byte fields (`rawData`, `s`) are views into `bytes`, not copies; unknown fields are skipped.
 * Throws `bad-file` with the place in the file: the byte offset and the path of fields that lead there. `source` names the file in messages.
 */
export function decodeModel(bytes: Uint8Array, source = 'The ONNX file'): ModelProto {
  const fail = (reason: string, cause?: unknown): RobencError =>
    new RobencError('bad-file', `${source} is not a readable ONNX model: ${reason}.`, { cause, field: source });
  if (bytes.length === 0) throw fail('it is empty (0 bytes)');
  const hint = hintFor(bytes);
  if (hint !== null) throw fail(hint);
  const decoder = new Decoder(bytes);
  let model;
  try {
    model = decoder.message('ModelProto', bytes.length);
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    throw fail(
      `${messageOf(cause)}, at byte ${decoder.position} of ${bytes.length}, in ${decoder.place}. It may be cut off or damaged: copy or export it again`,
      cause,
    );
  }
  // The schema table is checked against the interfaces by the compiler, and the decoder fills every field that it lists.
  const typed = model as unknown as ModelProto;
  if (typed.graph === undefined) throw fail('it holds no graph, so it is some other kind of file or an empty model');
  return typed;
}

/** Kinds of files that are mistaken for models, by their first bytes. */
function hintFor(bytes: Uint8Array): string | null {
  const start = new TextDecoder('latin1').decode(bytes.subarray(0, 64));
  if (start.startsWith('version https://git-lfs')) return 'it is a Git LFS pointer, not the model itself (fetch it with "git lfs pull")';
  if (start.startsWith('PK\u0003\u0004')) return 'it is a zip archive, such as a PyTorch checkpoint or a compressed model (unpack or export it first)';
  if (/^\s*(<!doctype|<html|<\?xml|\{|\[)/i.test(start)) return 'it is a text file (HTML or JSON)';
  return null;
}

type Slots = Record<string, unknown>;

class Decoder {
  readonly #reader: protobuf.Reader;
  readonly #path: string[] = [];
  readonly #counts = { messages: 0, nodes: 0, numbers: 0 };

  constructor(bytes: Uint8Array) {
    // A plain view: protobufjs reads Node's Buffers with methods that copy.
    this.#reader = new protobuf.Reader(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }

  get position(): number {
    return this.#reader.pos;
  }

  /** Where the reading is, as `graph.node[3].attribute[0]`. */
  get place(): string {
    return this.#path.join('.') || 'the model';
  }

  message(name: MessageName, end: number): Slots {
    if (this.#path.length > MAX_DEPTH) throw new RangeError(`messages lie more than ${MAX_DEPTH} deep in each other`);
    this.#count('messages', 1);
    if (name === 'NodeProto') this.#count('nodes', 1);
    const reader = this.#reader;
    const slots = blank(name);
    const columns = new Map<string, ColumnReader>();
    while (reader.pos < end) {
      const tag = reader.uint32();
      const [number, wireType] = [tag >>> 3, tag & 7];
      const known = LOOKUP[name].get(number);
      if (known === undefined) this.#skip(number, wireType, end);
      else this.#field(slots, columns, known, wireType, end);
      if (reader.pos > end) throw new RangeError('a field reaches past the end of its message');
    }
    for (const [key, column] of columns) slots[key] = column.finish();
    return slots;
  }

  #field(slots: Slots, columns: Map<string, ColumnReader>, { key, field }: Known, wireType: number, end: number): void {
    if (field.repeat === 'column') {
      let column = columns.get(key);
      if (column === undefined) columns.set(key, (column = new ColumnReader(field.kind)));
      if (wireType === WIRE.sized) {
        const last = this.#sizedEnd(end);
        // Numbers of fixed size take in memory what they take in the file.
        if (column.wireType === WIRE.varint) this.#count('numbers', last - this.#reader.pos);
        column.readPacked(this.#reader, last);
      } else if (wireType === column.wireType) {
        this.#count('numbers', 1);
        column.readSingle(this.#reader);
      } else throw wrongWire(key, wireType);
    } else if (typeof field.kind === 'object') {
      if (wireType !== WIRE.sized) throw wrongWire(key, wireType);
      this.#nested(slots, key, field.kind.message, field.repeat === 'many', end);
    } else if (field.repeat === 'many') {
      this.#many(listAt(slots, key), key, field.kind, wireType, end);
    } else {
      slots[key] = this.#scalar(key, field.kind, wireType, end);
    }
  }

  #nested(slots: Slots, key: string, message: MessageName, many: boolean, end: number): void {
    if (!many && slots[key] !== undefined) throw new RangeError(`${key} is there twice`);
    const list = many ? listAt(slots, key) : null;
    this.#path.push(list ? `${key}[${list.length}]` : key);
    const value = this.message(message, this.#sizedEnd(end));
    this.#path.pop();
    if (list) list.push(value);
    else slots[key] = value;
  }

  /** One element, or a packed list of them: writers may choose either. */
  #many(list: unknown[], key: string, kind: Scalar, wireType: number, end: number): void {
    this.#count('numbers', 1);
    if (wireType !== WIRE.sized || WIRE_TYPES[kind] === WIRE.sized) {
      list.push(this.#scalar(key, kind, wireType, end));
      return;
    }
    const last = this.#sizedEnd(end);
    this.#count('numbers', WIRE_TYPES[kind] === WIRE.varint ? last - this.#reader.pos : (last - this.#reader.pos) / 4);
    while (this.#reader.pos < last) list.push(this.#scalar(key, kind, WIRE_TYPES[kind], last));
    if (this.#reader.pos !== last) throw new RangeError(`the packed list ${key} ends in the middle of a number`);
  }

  #scalar(key: string, kind: Scalar, wireType: number, end: number): unknown {
    if (wireType !== WIRE_TYPES[kind]) throw wrongWire(key, wireType);
    const reader = this.#reader;
    if (kind === 'float') return reader.float();
    if (kind === 'integer') return readInteger(reader);
    if (kind === 'count') return readCount(reader);
    const start = reader.pos;
    const last = this.#sizedEnd(end);
    if (kind === 'text') {
      reader.pos = start;
      return reader.string();
    }
    const view = reader.buf.subarray(reader.pos, last);
    reader.pos = last;
    return view;
  }

  /** Throws RangeError where a file holds more of something than its size can account for. */
  #count(what: keyof typeof MOST, count: number): void {
    this.#counts[what] += count;
    const { base, bytesEach } = MOST[what];
    const most = base + Math.floor(this.#reader.len / bytesEach);
    if (this.#counts[what] > most) throw new RangeError(`it holds more than ${most} ${what}, too many for a model of this size`);
  }

  /** Reads a length; the byte after what it covers, which must lie in the enclosing message. */
  #sizedEnd(end: number): number {
    const length = this.#reader.uint32();
    const last = this.#reader.pos + length;
    if (last > end) throw new RangeError(`${length} bytes are announced and ${Math.max(0, end - this.#reader.pos)} are left`);
    return last;
  }

  #skip(number: number, wireType: number, end: number): void {
    if (number === 0) throw new RangeError('there is a field with number 0');
    if (wireType === WIRE.sized) this.#reader.pos = this.#sizedEnd(end);
    else if (wireType === WIRE.varint || wireType === WIRE.eight || wireType === WIRE.four) this.#reader.skipType(wireType);
    // ONNX has no groups, so one is a sign of bytes that are no model at all.
    else throw new RangeError(`field ${number} has the wire type ${wireType}, which ONNX does not use`);
  }
}

const WIRE_TYPES: Readonly<Record<Scalar, number>> = { text: WIRE.sized, bytes: WIRE.sized, float: WIRE.four, count: WIRE.varint, integer: WIRE.varint };

function wrongWire(key: string, wireType: number): RangeError {
  return new RangeError(`${key} has the wrong wire type ${wireType}`);
}

interface Known {
  readonly key: string;
  readonly field: Field;
}

const LOOKUP = perMessage((fields): ReadonlyMap<number, Known> => new Map(fields.map(([key, field]) => [field.number, { key, field }])));

/** A message in which nothing is set. */
function blank(name: MessageName): Slots {
  const slots: Slots = {};
  for (const { key, field } of LOOKUP[name].values()) {
    if (field.repeat === 'many') slots[key] = NONE;
    else if (field.repeat === 'column') slots[key] = COLUMNS[field.kind].empty;
    else if (field.repeat === 'plain') slots[key] = field.kind === 'text' ? '' : 0;
  }
  return slots;
}

/** The list of a field, to put something into. */
function listAt(slots: Slots, key: string): unknown[] {
  if (slots[key] !== NONE) return slots[key] as unknown[];
  const own: unknown[] = [];
  slots[key] = own;
  return own;
}
