/** @file From a sweep file to its runs: each a whole run file with a name and a folder of its own. */
import { join, resolve } from 'node:path';
import { check } from '@robenc/shared/config/check.js';
import { readJson, RunConfig } from '@robenc/shared/config/run.js';
import type { GiverOf } from '@robenc/shared/config/run-flags.js';
import { SweepConfig } from '@robenc/shared/config/sweep.js';
import { messageOf, RobencError } from '@robenc/shared/errors.js';
import { nearest } from '@robenc/shared/nearest.js';
import { digestOf } from '../run/folder.js';
import { loadPlannedRun } from '../run/plan.js';

export interface SweepRun {
  /** Of the run, its folder and its result: its place in the list and what it changes. */
  readonly id: string;
  readonly run: RunConfig;
  /** What it changes, as the table shows it. */
  readonly changes: Readonly<Record<string, unknown>>;
}

export interface SweepPlan {
  readonly folder: string;
  readonly parallel: number;
  readonly runs: readonly SweepRun[];
}

/** What the command line says besides the files. */
export interface SweepFlags {
  readonly cwd: string;
  readonly out?: string | undefined;
  readonly parallel?: number | undefined;
  /** Changes for all runs, after those of the file. */
  readonly set?: Readonly<Record<string, unknown>>;
}

const LONGEST_NAME = 64;

/** The sweep of a file, or of a list of run files. Throws `not-found`, `bad-file`, `bad-input` or, for changes of the command line, `usage`, naming the run that is at fault. */
export function planSweep(sources: readonly string[], { cwd, out, parallel, set }: SweepFlags): SweepPlan {
  const paths = sources.map((source) => resolve(cwd, source));
  const given = paths.length === 1 ? sweepOf(paths[0]!) : check(SweepConfig, { runs: paths }, 'sweep');
  const folder = resolve(cwd, out ?? given.out ?? join('runs', given.name));
  const runs = points(given).map((point, i) => runAt(point, i, { sweep: given, flags: set ?? {}, folder, cwd }));
  const digests = new Map<string, string>();
  for (const { id, run } of runs) {
    const digest = digestOf({ ...run, name: '' });
    const twin = digests.get(digest);
    if (twin !== undefined) throw new RobencError('bad-input', `The runs ${twin} and ${id} of the sweep are the same. Leave one out.`, { field: 'runs' });
    digests.set(digest, id);
  }
  return { folder, parallel: parallel ?? given.parallel, runs };
}

/** The fields that make a file a sweep. */
const SWEEP_FIELDS = ['base', 'grid', 'runs', 'set', 'parallel'];

/** A sweep file, or a single run file as a sweep of one. */
function sweepOf(path: string): SweepConfig {
  const value = readJson(path);
  const fields = value !== null && typeof value === 'object' ? Object.keys(value) : [];
  return check(SweepConfig, fields.some(isOfSweep) ? value : { runs: [path] }, path);
}

/** A field of a sweep, misspelt or not: no field of a run file is nearer. */
function isOfSweep(field: string): boolean {
  return SWEEP_FIELDS.includes(nearest(field, [...Object.keys(RunConfig.properties), ...SWEEP_FIELDS]) ?? '');
}

interface Place {
  /** A run file, or null for the base. */
  readonly file: string | null;
  readonly changes: Readonly<Record<string, unknown>>;
}

function points({ runs, grid = {} }: SweepConfig): Place[] {
  const listed: Place[] = (runs ?? [{ set: {} }]).map((one) => (typeof one === 'string' ? { file: one, changes: {} } : { file: null, changes: one.set }));
  return Object.entries(grid).reduce<Place[]>(
    (places, [path, values]) => places.flatMap(({ file, changes }) => values.map((value) => ({ file, changes: { ...changes, [path]: value } }))),
    listed,
  );
}

interface Surroundings {
  readonly sweep: SweepConfig;
  /** Changes of the command line. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly folder: string;
  readonly cwd: string;
}

function runAt({ file, changes }: Place, i: number, { sweep, flags, folder, cwd }: Surroundings): SweepRun {
  const source = file ?? sweep.base ?? {};
  const what = Object.entries(changes).map(([path, value]) => `${path}=${JSON.stringify(value)}`);
  const giverOf: GiverOf = (path) => {
    if (path in changes) return { name: path in (sweep.grid ?? {}) ? 'grid' : 'set', code: 'bad-input' };
    return path in flags ? { name: '--set', code: 'usage' } : { name: 'set', code: 'bad-input' };
  };
  try {
    const run = loadPlannedRun(typeof source === 'string' ? resolve(cwd, source) : source, { ...sweep.set, ...flags, ...changes }, giverOf);
    const id = idOf(i, file === null ? [] : [run.name], changes);
    return {
      id,
      run: { ...run, name: file === null ? id : run.name, out: join(folder, id) },
      changes: file === null ? changes : { run: file, ...changes },
    };
  } catch (cause) {
    const { code, field } = cause instanceof RobencError ? cause : { code: 'bad-input' as const, field: undefined };
    throw new RobencError(code, `Run ${i + 1} of the sweep (${file ?? (what.join(', ') || 'its base')}): ${messageOf(cause)}`, {
      cause,
      ...(field === undefined ? {} : { field }),
    });
  }
}

/** `002-learningrate-0.1-adversary-free`: sorts as the list does, and is a name for a model. */
function idOf(i: number, start: readonly string[], changes: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(changes).map(
    ([path, value]) =>
      `${path
        .replace(/\.name$/, '')
        .split('.')
        .at(-1)!}-${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const words = [String(i + 1).padStart(3, '0'), ...start, ...parts].join('-').toLowerCase();
  return words
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .slice(0, LONGEST_NAME)
    .replace(/[._-]+$/, '');
}
