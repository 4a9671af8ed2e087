/** @file Where the runs are in a folder that holds some, at any of a few levels: runs/a, runs/sweep/a. */
import { existsSync, readdirSync, type Dirent } from 'node:fs';
import { join } from 'node:path';
import { messageOf, RobencError } from '@robenc/shared/errors.js';
import { readRun, type RunRecord } from './run-record.js';

/** Folders below the one that is named; a sweep of sweeps has two. */
export const LEVELS = 4;

/**
 * The runs in a folder, by path: the folder itself where it is one, and every folder with a run.json at most `LEVELS` below it. Hidden folders, node_modules,
 * links and folders that may not be read are passed over. Throws `not-found` where the folder is missing.
 */
export function findRuns(folder: string): string[] {
  if (!existsSync(folder)) throw new RobencError('not-found', `There is no folder ${folder}. Name the folder that holds the runs.`, { field: 'run' });
  return found(folder, LEVELS).sort();
}

/** The run in a folder, or the runs below it. Throws `not-found` where there are none. */
export function runsAt(folder: string): string[] {
  if (existsSync(join(folder, 'run.json'))) return [folder];
  const runs = existsSync(folder) ? findRuns(folder) : [];
  if (runs.length > 0) return runs;
  throw new RobencError(
    'not-found',
    `${folder} is not a training run: it has no run.json, nor has a folder below it. Give the folder that "robenc train" wrote, or one that holds such folders.`,
    { field: 'run' },
  );
}

/** A run, or why it cannot be read. */
export type Reading = { readonly record: RunRecord } | { readonly folder: string; readonly reason: string };

/** Reads runs that a search found: one that is broken says so and does not hide the others. */
export function tryRead(folder: string): Reading {
  try {
    return { record: readRun(folder) };
  } catch (error) {
    if (!(error instanceof RobencError)) throw error;
    return { folder, reason: messageOf(error) };
  }
}

function found(folder: string, levels: number): string[] {
  const here = existsSync(join(folder, 'run.json')) ? [folder] : [];
  if (levels === 0) return here;
  const below = foldersIn(folder).filter((name) => !name.startsWith('.') && name !== 'node_modules');
  return [...here, ...below.flatMap((name) => found(join(folder, name), levels - 1))];
}

function foldersIn(folder: string): string[] {
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}
