/** @file Tensors whose elements lie in another file beside the model. Only files inside the model's folder are read. */
import { closeSync, fstatSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join, relative, sep } from 'node:path';
import { messageOf, RobencError } from '../errors.js';
import type { TensorProto } from './onnx.js';

/** Where bytes lie that were read from a file beside a model. */
export interface Origin {
  /** Without links. */
  readonly path: string;
  readonly offset: number;
  readonly length: number;
}

const ORIGINS = new WeakMap<ArrayBufferLike, Origin>();

/** Where the elements of a constant were read from, if that is a file beside a model and they are whole and unchanged since. */
export function originOf({ buffer, byteLength }: Uint8Array): Origin | null {
  const origin = ORIGINS.get(buffer);
  return origin?.length === byteLength ? origin : null;
}

/**
 * The bytes that `externalData` names. The location must be a plain path inside `folder`: not absolute, without `..`, and not a link that leads out.
 * Throws `bad-file` for a location outside, a missing file, a range that the file does not have, or one of another length than `bytes`, which the tensor takes;
 * `unsupported` where memory does not hold it.
 */
export function readExternalData(tensor: TensorProto, folder: string, bytes: number): Uint8Array {
  const entries = new Map(tensor.externalData.map(({ key, value }) => [key, value]));
  const location = entries.get('location') ?? '';
  const fail = (reason: string, cause?: unknown): RobencError =>
    new RobencError('bad-file', `Tensor "${tensor.name}" keeps its elements in "${location}": ${reason}.`, { cause, field: tensor.name });
  if (location === '') throw fail('no file is named');
  if (isAbsolute(location) || /^[A-Za-z]:/.test(location) || location.includes('\0') || location.split(/[\\/]/).includes('..'))
    throw fail("only a file inside the model's own folder is read");
  const number = (key: 'offset' | 'length', text: string): number => {
    if (!/^\d{1,15}$/.test(text)) throw fail(`the ${key} "${text}" is not a whole number`);
    return Number(text);
  };
  const offset = number('offset', entries.get('offset') ?? '0');
  const announced = entries.get('length');
  let path;
  try {
    path = realpathSync(join(folder, location));
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw fail(missing ? `that file is not beside the model. Put it into ${folder}` : `that file cannot be reached (${messageOf(cause)})`, cause);
  }
  const inside = relative(realpathSync(folder), path);
  if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) throw fail("it is a link that leads out of the model's folder");
  // Before it is opened: opening a pipe would wait for someone to write into it.
  if (!statSync(path).isFile()) throw fail('that is not a file');
  const file = openSync(path, 'r');
  try {
    const stat = fstatSync(file);
    const length = announced === undefined ? stat.size - offset : number('length', announced);
    if (length < 0 || offset + length > stat.size)
      throw fail(`bytes ${offset} to ${offset + length} are asked for and the file has ${stat.size}. It may be cut off`);
    if (length !== bytes) throw fail(`${length} bytes are stored and the tensor [${tensor.dims}] takes ${bytes}. The file may be damaged`);
    const read = readRange(file, offset, allocate(tensor, length));
    ORIGINS.set(read.buffer, { path, offset, length });
    return read;
  } finally {
    closeSync(file);
  }
}

function allocate(tensor: TensorProto, length: number): Uint8Array {
  try {
    return new Uint8Array(length);
  } catch (cause) {
    throw new RobencError('unsupported', `Tensor "${tensor.name}" takes ${length} bytes, which do not fit into memory.`, { cause, field: tensor.name });
  }
}

function readRange(file: number, offset: number, bytes: Uint8Array): Uint8Array {
  let done = 0;
  while (done < bytes.length) {
    const read = readSync(file, bytes, done, Math.min(bytes.length - done, 2 ** 30), offset + done);
    if (read === 0) throw new RobencError('io', `A file of tensor elements became shorter while it was read.`);
    done += read;
  }
  return bytes;
}
