/** @file Checkpoints of a run: the newest few and the best, each a whole training state, written atomically. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { messageOf, RobencError } from '@robenc/shared/errors.js';
import { writeFileAtomic } from '@robenc/shared/files.js';
import type { TrainingState } from '../engines/engine.js';
import type { HostTensor, Parameters } from '../tensors/parameters.js';
import { bytesOf, decodeFile, encodeFile } from './checkpoint-file.js';
import { readScore, scoreText, type Score } from './score.js';

/** Where a run stands. */
export interface Checkpoint {
  /** Batches done. */
  readonly step: number;
  /** Seconds of training so far, over all starts. */
  readonly seconds: number;
  /** sha256 of the run file, so that a checkpoint is not continued with another run. */
  readonly runDigest: string;
  /** Engine, device, threads and versions that its numbers depend on; empty where that is not known. */
  readonly madeBy: string;
  /** How good it is, where that was measured at this step. */
  readonly score: Score | null;
  readonly state: TrainingState;
}

const GROUPS = ['params', 'encoderState', 'slots'] as const;
const BEST = 'best.safetensors';
const STEP = /^step-\d+\.safetensors$/;

/** Whether a checkpoint is called so. */
export function isCheckpoint(name: string): boolean {
  return name === BEST || STEP.test(name);
}

/**
 * Writes `checkpoints/step-00000120.safetensors` in the run folder and removes all but the newest `keep`. Throws `io` saying which checkpoint is left;
 * older ones then stay.
 */
export function saveCheckpoint(folder: string, checkpoint: Checkpoint, keep: number): string {
  const path = join(folder, 'checkpoints', `step-${String(checkpoint.step).padStart(8, '0')}.safetensors`);
  write(folder, path, checkpoint);
  for (const old of listCheckpoints(folder).slice(0, -keep)) rmSync(old, { force: true });
  return path;
}

/** Writes `checkpoints/best.safetensors`, in place of the one before. Throws as `saveCheckpoint` does. */
export function saveBest(folder: string, checkpoint: Checkpoint): string {
  const path = bestPath(folder);
  write(folder, path, checkpoint);
  return path;
}

/** Where the best checkpoint lies, or will once a state has a score. */
export function bestPath(folder: string): string {
  return join(folder, 'checkpoints', BEST);
}

/** Paths of a run's checkpoints but the best, oldest first. */
export function listCheckpoints(folder: string): string[] {
  const where = join(folder, 'checkpoints');
  if (!statSync(where, { throwIfNoEntry: false })?.isDirectory()) return [];
  const names = readdirSync(where).filter((name) => STEP.test(name));
  return names.sort().map((name) => join(where, name));
}

/** The newest checkpoint that can be read, or null where there is none; `broken` hears of each that cannot. Throws `bad-file` where none of several can be read. */
export function loadNewest(folder: string, broken: (error: RobencError) => void): Checkpoint | null {
  const paths = listCheckpoints(folder).reverse();
  for (const path of paths) {
    try {
      return loadCheckpoint(path);
    } catch (error) {
      if (!(error instanceof RobencError)) throw error;
      broken(error);
    }
  }
  if (paths.length === 0) return null;
  throw new RobencError(
    'bad-file',
    `None of the checkpoints in ${folder} can be used. Put back a copy of one, or start anew with --force, which deletes them.`,
    { field: folder },
  );
}

/** Reads a checkpoint and checks its digest. Throws `not-found` or `bad-file` with the path; what to do about it depends on who asks. */
export function loadCheckpoint(path: string): Checkpoint {
  if (!existsSync(path)) throw new RobencError('not-found', `There is no checkpoint ${path}.`, { field: path });
  // A copy in memory of its own: slices of a Buffer would be views into Node's shared pool.
  const file = new Uint8Array(readFileSync(path));
  try {
    return decode(file);
  } catch (cause) {
    throw new RobencError('bad-file', `The checkpoint ${path} cannot be used: ${(cause as Error).message}.`, { cause, field: path });
  }
}

function write(folder: string, path: string, checkpoint: Checkpoint): void {
  try {
    writeFileAtomic(path, encode(checkpoint));
  } catch (error) {
    const last = listCheckpoints(folder).at(-1);
    const left = last === undefined ? 'There is no earlier checkpoint.' : `The checkpoint before it, ${basename(last)}, is whole: go on from it with --resume.`;
    throw new RobencError('io', `${messageOf(error)} ${left}`, { cause: error, field: path });
  }
}

function encode({ step, seconds, runDigest, madeBy, score, state }: Checkpoint): Uint8Array {
  const tensors: [string, HostTensor][] = GROUPS.flatMap((group) =>
    Object.entries(state[group]).map(([name, tensor]) => [`${group}/${name}`, tensor] as [string, HostTensor]),
  );
  if (state.delta) tensors.push(['delta', state.delta]);
  const metadata = { step: String(step), seconds: String(seconds), runDigest, madeBy, score: scoreText(score) };
  return encodeFile({ metadata, tensors: Object.fromEntries(tensors) });
}

function decode(file: Uint8Array): Checkpoint {
  const { metadata, tensors } = decodeFile(file);
  const groups: Record<string, Parameters> = { params: {}, encoderState: {}, slots: {} };
  let delta: HostTensor | null = null;
  for (const [name, tensor] of Object.entries(tensors)) {
    const slash = name.indexOf('/');
    if (slash < 0) delta = tensor;
    else groups[name.slice(0, slash)]![name.slice(slash + 1)] = tensor;
  }
  const state = { params: groups['params']!, encoderState: groups['encoderState']!, slots: groups['slots']!, delta };
  const { step, seconds, runDigest, madeBy, score } = metadata as Record<'step' | 'seconds' | 'runDigest' | 'madeBy' | 'score', string>;
  return { step: Number(step), seconds: Number(seconds), runDigest, madeBy, score: readScore(score), state };
}

/** sha256 of all parameters and statistics, in order: two runs that agree in it agree in every bit. */
export function stateDigest({ params, encoderState }: Pick<TrainingState, 'params' | 'encoderState'>): string {
  const hash = createHash('sha256');
  for (const group of [params, encoderState]) for (const [name, { data }] of Object.entries(group)) hash.update(name).update(bytesOf(data));
  return hash.digest('hex');
}
