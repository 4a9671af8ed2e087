/** @file A run's folder: run.json, environment.json, metrics.jsonl, checkpoints/ and, at the end, summary.json. */
import { createHash } from 'node:crypto';
import { existsSync, rmSync, statSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { loadRunConfig, readJson, type RunConfig } from '@robenc/shared/config/run.js';
import { RobencError } from '@robenc/shared/errors.js';
import { writeFileAtomic } from '@robenc/shared/files.js';
import { runtimeVersion } from '@robenc/shared/runtime/session.js';
import { staleTemporaries } from '@robenc/shared/temporary-files.js';
import { checkState } from '../engines/contract.js';
import { bestPath, isCheckpoint, listCheckpoints, loadCheckpoint, type Checkpoint } from './checkpoint.js';
import { firstState, planOf } from './plan.js';

/** What decides the numbers of a run; where it is written, how often it is saved and what is measured on the way do not. */
export function digestOf(run: RunConfig): string {
  const {
    out: _,
    checkpoint: __,
    maxMinutes: ___,
    $schema: ____,
    validation: _____,
    ...numbers
  } = {
    ...run,
    encoder: withoutPath(run.encoder),
    engine: withoutUsual(run.engine),
  };
  return createHash('sha256')
    .update(JSON.stringify(sorted(numbers)))
    .digest('hex');
}

/** A file that is known by its digest may lie anywhere. */
function withoutPath(encoder: RunConfig['encoder']): object {
  return 'sha256' in encoder ? { ...encoder, path: undefined } : encoder;
}

/** How many replays share a run of the graph, and the form of its convolutions, decide no number but for rounding; a usual precision is not named, for earlier versions knew no other. */
function withoutUsual({ replaysPerRun: _, convolutions: __, precision, ...engine }: RunConfig['engine']): object {
  return precision === 'float32' ? engine : { ...engine, precision };
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, entry]) => [key, sorted(entry)]),
  );
}

/** Writes run.json: the run with all its defaults and flags, which makes the same run again. */
export function writeRunFile(folder: string, run: RunConfig): void {
  writeFileAtomic(join(folder, 'run.json'), `${JSON.stringify(run, null, 2)}\n`);
}

/** Where and with what the run was made: for people who want to repeat it. */
export function writeEnvironment(folder: string, facts: Readonly<Record<string, unknown>>): void {
  const environment = {
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    ...facts,
  };
  writeFileAtomic(join(folder, 'environment.json'), `${JSON.stringify(environment, null, 2)}\n`);
}

/** What the last digits of a run's numbers depend on beside its file. */
export function makerOf({ engine: { threads } }: RunConfig, engine: { readonly name: string; readonly device: string }): string {
  const processor = cpus()[0]?.model.trim() ?? 'unknown processor';
  return `${engine.name} on ${engine.device}, ${threads ?? availableParallelism()} threads, ONNX Runtime ${runtimeVersion()}, ${process.platform}-${process.arch}, ${processor}`;
}

/** Takes away what tells how far an earlier run in the folder came, for one that starts anew: its checkpoints would pass for the newest. */
export function clearRun(folder: string): void {
  for (const path of [...listCheckpoints(folder), bestPath(folder), join(folder, 'summary.json')]) rmSync(path, { force: true });
}

/** What `robenc train` writes into the folder of a run, and into its checkpoints/. */
const OWN_FILES = /^(run|environment|summary|trainer)\.json$|^metrics\.jsonl$|^model\.onnx$/;

/**
 * Takes away the unfinished files of processes that were killed while they wrote here. `run.json` must have been written by this start, and nothing else yet.
 * Returns how many, and their bytes.
 */
export function clearUnfinished(folder: string): { files: number; bytes: number } {
  // The clock of the file system, which may be another machine's.
  const now = statSync(join(folder, 'run.json')).mtimeMs;
  const stale = [
    ...staleTemporaries(folder, { is: (name) => OWN_FILES.test(name), now }),
    ...staleTemporaries(join(folder, 'checkpoints'), { is: isCheckpoint, now }),
  ];
  const bytes = stale.reduce((sum, path) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0), 0);
  for (const path of stale) rmSync(path, { force: true });
  return { files: stale.length, bytes };
}

/** Writes summary.json, at the end of every start of a run; until then that of the start before stays. */
export function writeSummary(folder: string, summary: object): void {
  writeFileAtomic(join(folder, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`);
}

/** The run file of a run, and the checkpoint that its `checkpoint.use` says: the newest, or the best. Throws `not-found` naming what is missing. */
export function openRun(folder: string): { run: RunConfig; checkpoint: Checkpoint; summary: Readonly<Record<string, unknown>> | null } {
  const path = join(folder, 'run.json');
  if (!existsSync(path))
    throw new RobencError('not-found', `${folder} is not a training run: it has no run.json. Give the folder that "robenc train" wrote.`, { field: folder });
  const newest = listCheckpoints(folder).at(-1);
  if (newest === undefined) throw new RobencError('not-found', `The run in ${folder} has no checkpoint yet. Train it first.`, { field: folder });
  const run = loadRunConfig(path);
  const summary = join(folder, 'summary.json');
  return {
    run,
    checkpoint: run.checkpoint.use === 'best' ? checkpointOf(run, bestPath(folder), 'last') : checkpointOf(run, newest, 'best'),
    summary: existsSync(summary) ? (readJson(summary) as Record<string, unknown>) : null,
  };
}

/** A checkpoint whose state is that of this run. Throws `not-found` or `bad-file` with what to do. */
function checkpointOf(run: RunConfig, path: string, other: RunConfig['checkpoint']['use']): Checkpoint {
  const remedy = `Go on with "robenc train <run>/run.json --resume", which takes the newest whole checkpoint, or set checkpoint.use to "${other}".`;
  let checkpoint;
  try {
    checkpoint = loadCheckpoint(path);
  } catch (error) {
    if (!(error instanceof RobencError)) throw error;
    throw new RobencError(error.code, `${error.message} ${remedy}`, { cause: error, field: path });
  }
  // Settings that do not shape the state may have been changed by hand: where the images lie, for one.
  if (checkpoint.runDigest !== digestOf(run)) refuseForeign(run, checkpoint, path);
  return checkpoint;
}

function refuseForeign(run: RunConfig, { state }: Checkpoint, path: string): void {
  try {
    checkState(firstState(planOf(run)), state);
  } catch (cause) {
    if (!(cause instanceof RobencError) || cause.code !== 'mismatch') throw cause;
    throw new RobencError('bad-file', `The checkpoint ${path} is of another run than the run.json beside it: ${cause.message}`, { cause, field: path });
  }
}
