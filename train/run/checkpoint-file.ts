/** @file The form of a checkpoint on disk: the safetensors format, with all else in the metadata, read from this and every earlier schema version. */
import { createHash } from 'node:crypto';
import { sizeOf } from '@robenc/shared/graph/value.js';
import type { HostTensor } from '../tensors/parameters.js';
import { migrations } from './migrations/index.js';
import { SCHEMA_VERSION, type CheckpointFile } from './migrations/migration.js';

/** As version 1, `sha256` covers the tensors alone; from 2 on the metadata too. */
const METADATA_IS_DIGESTED = 2;

interface Entry {
  readonly dtype: 'F32';
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** The bytes of a file, in the present schema version. */
export function encodeFile({ metadata, tensors }: CheckpointFile): Uint8Array {
  let offset = 0;
  const header: Record<string, Entry | Readonly<Record<string, string>>> = {};
  for (const [name, { shape, data }] of Object.entries(tensors))
    header[name] = { dtype: 'F32', shape: [...shape], data_offsets: [offset, (offset += data.byteLength)] };
  const about = { ...metadata, schemaVersion: String(SCHEMA_VERSION) };
  header['__metadata__'] = { ...about, sha256: digestOf(about, Object.values(tensors)) };
  const json = new TextEncoder().encode(JSON.stringify(header));
  const padding = (8 - (json.length % 8)) % 8;
  const start = 8 + json.length + padding;
  const file = new Uint8Array(start + offset).fill(0x20, 0, start);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length + padding), true);
  file.set(json, 8);
  let at = start;
  for (const { data } of Object.values(tensors)) {
    file.set(bytesOf(data), at);
    at += data.byteLength;
  }
  return file;
}

/** Reads a file, checks its digest and brings it to the present schema version. Throws an `Error` that says what is wrong with it. */
export function decodeFile(file: Uint8Array): CheckpointFile {
  if (file.length < 8) throw new Error('it is shorter than its header');
  const size = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  if (8 + size > file.length) throw new Error(`its header of ${size} bytes is cut off`);
  const { __metadata__, ...entries } = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + size))) as Record<string, Entry>;
  const { sha256, ...metadata } = __metadata__ as unknown as Record<string, string>;
  const version = Number(metadata['schemaVersion']);
  if (!(version >= 1 && version <= SCHEMA_VERSION))
    throw new Error(`its schema version is ${metadata['schemaVersion']}, and this robenc reads up to ${SCHEMA_VERSION}; use the version that wrote it`);
  const tensors = Object.fromEntries(Object.entries(entries).map(([name, entry]) => [name, tensorOf(file, 8 + size, name, entry)]));
  if (digestOf(version >= METADATA_IS_DIGESTED ? metadata : {}, Object.values(tensors)) !== sha256) throw new Error('its contents do not match its digest');
  return migrations.slice(version - 1).reduce((older, { migrate }) => migrate(older), { metadata, tensors });
}

function tensorOf(file: Uint8Array, start: number, name: string, { shape, data_offsets: [from, to] }: Entry): HostTensor {
  if (start + to > file.length || to - from !== 4 * sizeOf(shape)) throw new Error(`tensor "${name}" is cut off`);
  const bytes = file.slice(start + from, start + to);
  return { shape, data: new Float32Array(bytes.buffer, 0, bytes.length / 4) };
}

function digestOf(metadata: Readonly<Record<string, string>>, tensors: readonly HostTensor[]): string {
  const hash = createHash('sha256');
  for (const [name, value] of Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1))) hash.update(JSON.stringify([name, value]));
  for (const { data } of tensors) hash.update(bytesOf(data));
  return hash.digest('hex');
}

/** The bytes behind the elements: a view. */
export function bytesOf(data: Float32Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
