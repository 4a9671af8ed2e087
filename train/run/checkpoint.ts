/** @file Checkpoints: a whole training state in one file of the safetensors format, written atomically. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { RobencError } from '@robenc/shared/errors.js';
import { writeFileAtomic } from '@robenc/shared/files.js';
import { sizeOf } from '@robenc/shared/graph/value.js';
import type { TrainingState } from '../engines/engine.js';
import type { HostTensor, Parameters } from '../tensors/parameters.js';

/** Raised when the meaning of a field changes. */
const SCHEMA_VERSION = 1;

/** Where a run stands. */
export interface Checkpoint {
  /** Batches done. */
  readonly step: number;
  /** Seconds of training so far, over all starts. */
  readonly seconds: number;
  /** sha256 of the run file, so that a checkpoint is not continued with another run. */
  readonly runDigest: string;
  readonly state: TrainingState;
}

const GROUPS = ['params', 'encoderState', 'slots'] as const;

/** Writes `checkpoints/step-000120.safetensors` in the run folder and removes all but the newest `keep`. Throws `io`; older ones then stay. */
export function saveCheckpoint(folder: string, checkpoint: Checkpoint, keep: number): string {
  const path = join(folder, 'checkpoints', `step-${String(checkpoint.step).padStart(8, '0')}.safetensors`);
  writeFileAtomic(path, encode(checkpoint));
  for (const old of listCheckpoints(folder).slice(0, -keep)) rmSync(old, { force: true });
  return path;
}

/** Paths of a run's checkpoints, oldest first. */
export function listCheckpoints(folder: string): string[] {
  const where = join(folder, 'checkpoints');
  if (!existsSync(where)) return [];
  const names = readdirSync(where).filter((name) => /^step-\d+\.safetensors$/.test(name));
  return names.sort().map((name) => join(where, name));
}

/** The newest checkpoint that can be read, or null; `broken` hears of each that cannot. */
export function loadNewest(folder: string, broken: (error: RobencError) => void): Checkpoint | null {
  for (const path of listCheckpoints(folder).reverse()) {
    try {
      return loadCheckpoint(path);
    } catch (error) {
      if (!(error instanceof RobencError)) throw error;
      broken(error);
    }
  }
  return null;
}

interface Header {
  [tensor: string]: { dtype: 'F32'; shape: number[]; data_offsets: [number, number] } | Record<string, string>;
}

function encode({ step, seconds, runDigest, state }: Checkpoint): Uint8Array {
  const tensors: [string, HostTensor][] = GROUPS.flatMap((group) =>
    Object.entries(state[group]).map(([name, tensor]) => [`${group}/${name}`, tensor] as [string, HostTensor]),
  );
  if (state.delta) tensors.push(['delta', state.delta]);
  const hash = createHash('sha256');
  let offset = 0;
  const header: Header = {};
  for (const [name, { shape, data }] of tensors) {
    header[name] = { dtype: 'F32', shape: [...shape], data_offsets: [offset, (offset += data.byteLength)] };
    hash.update(bytesOf(data));
  }
  header['__metadata__'] = { schemaVersion: String(SCHEMA_VERSION), step: String(step), seconds: String(seconds), runDigest, sha256: hash.digest('hex') };
  const json = new TextEncoder().encode(JSON.stringify(header));
  const padding = (8 - (json.length % 8)) % 8;
  const start = 8 + json.length + padding;
  const file = new Uint8Array(start + offset).fill(0x20, 0, start);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length + padding), true);
  file.set(json, 8);
  let at = start;
  for (const [, { data }] of tensors) {
    file.set(bytesOf(data), at);
    at += data.byteLength;
  }
  return file;
}

/** Reads a checkpoint and checks its digest. Throws `not-found` or `bad-file` with the path. */
export function loadCheckpoint(path: string): Checkpoint {
  if (!existsSync(path)) throw new RobencError('not-found', `There is no checkpoint ${path}.`, { field: path });
  // A copy in memory of its own: slices of a Buffer would be views into Node's shared pool.
  const file = new Uint8Array(readFileSync(path));
  try {
    return decode(file);
  } catch (cause) {
    throw new RobencError('bad-file', `The checkpoint ${path} cannot be used: ${(cause as Error).message}. Delete it to go on from an older one.`, {
      cause,
      field: path,
    });
  }
}

function decode(file: Uint8Array): Checkpoint {
  if (file.length < 8) throw new Error('it is shorter than its header');
  const size = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  if (8 + size > file.length) throw new Error(`its header of ${size} bytes is cut off`);
  const { __metadata__: metadata, ...tensors } = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + size))) as Header;
  const about = metadata as Record<string, string>;
  if (about['schemaVersion'] !== String(SCHEMA_VERSION))
    throw new Error(`its schema version is ${about['schemaVersion']}, this program reads ${SCHEMA_VERSION}`);
  const groups: Record<string, Parameters> = { params: {}, encoderState: {}, slots: {} };
  let delta: HostTensor | null = null;
  const hash = createHash('sha256');
  for (const [name, entry] of Object.entries(tensors)) {
    const {
      shape,
      data_offsets: [from, to],
    } = entry as { shape: number[]; data_offsets: [number, number] };
    if (8 + size + to > file.length || to - from !== 4 * sizeOf(shape)) throw new Error(`tensor "${name}" is cut off`);
    const bytes = file.slice(8 + size + from, 8 + size + to);
    hash.update(bytes);
    const tensor = { shape, data: new Float32Array(bytes.buffer, 0, bytes.length / 4) };
    const slash = name.indexOf('/');
    if (slash < 0) delta = tensor;
    else groups[name.slice(0, slash)]![name.slice(slash + 1)] = tensor;
  }
  if (hash.digest('hex') !== about['sha256']) throw new Error('its contents do not match its digest');
  const state = { params: groups['params']!, encoderState: groups['encoderState']!, slots: groups['slots']!, delta };
  return { step: Number(about['step']), seconds: Number(about['seconds']), runDigest: about['runDigest']!, state };
}

function bytesOf(data: Float32Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** sha256 of all parameters and statistics, in order: two runs that agree in it agree in every bit. */
export function stateDigest({ params, encoderState }: Pick<TrainingState, 'params' | 'encoderState'>): string {
  const hash = createHash('sha256');
  for (const group of [params, encoderState]) for (const [name, { data }] of Object.entries(group)) hash.update(name).update(bytesOf(data));
  return hash.digest('hex');
}
