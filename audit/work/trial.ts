/** @file An attack cut down to a few steps, whose time tells that of the whole one. */
import type { TObject } from '@sinclair/typebox';
import type { AttackOptions } from '@robenc/shared/attacks/attack.js';
import { attacks } from '@robenc/shared/attacks/index.js';
import type { Chunk } from './chunk.js';

/** Some images of a chunk. */
export interface Part {
  readonly chunk: Chunk;
  readonly rows: readonly number[];
}

/** What attacks are cut down to. */
const TRIAL: Readonly<Record<string, number>> = { steps: 4, queries: 30, targets: 1, restarts: 1, rungs: 1 };

/** What a trial may take, in seconds of one worker; with slow models it sees fewer images. */
const MOST_SECONDS = 5;

/** A gradient costs about as much as so many plain passes. */
export const GRADIENT = 3;

export function trialOf(name: string, options: AttackOptions): Required<AttackOptions> {
  const attack = attacks.get(name);
  const names = Object.keys((attack.options as TObject).properties);
  const given = options as unknown as Readonly<Record<string, number>>;
  const cut = Object.entries(TRIAL).filter(([key, value]) => names.includes(key) && given[key]! > value);
  return attack.complete({ ...options, ...Object.fromEntries(cut) });
}

/** Plain passes that an image costs which survives, a gradient counted as so many as it takes. */
export function passesOf(name: string, options: AttackOptions, classes: number): number {
  const { gradients, forwards } = attacks.get(name).cost(options as Required<AttackOptions>, classes);
  return GRADIENT * gradients + forwards + 1;
}

export function countRows(parts: readonly Part[]): number {
  return parts.reduce((sum, { rows }) => sum + rows.length, 0);
}

export function firstRows(parts: readonly Part[]): Part[] {
  return parts.map(({ chunk, rows }) => ({ chunk, rows: rows.slice(0, 1) }));
}

/** At most so many images that work of so many seconds an image ends in time; at least one. */
export function fewer(parts: readonly Part[], secondsEach: number): Part[] {
  const most = Math.max(1, Math.floor(MOST_SECONDS / Math.max(secondsEach, 1e-9) / Math.max(1, parts.length)));
  return parts.map(({ chunk, rows }) => ({ chunk, rows: rows.slice(0, most) }));
}

/** Those parts, as many as asked for, that are nearest to the middle in how many images they have; parts without any are left out. */
export function typical(parts: readonly Part[], count: number): Part[] {
  const filled = parts.filter(({ rows }) => rows.length > 0);
  const middle = countRows(filled) / Math.max(1, filled.length);
  return filled.sort((a, b) => Math.abs(a.rows.length - middle) - Math.abs(b.rows.length - middle)).slice(0, count);
}

/** Seconds of one worker per image of `work`, done for `lanes` parts at once: for all if there are fewer lanes, for some again if there are more. */
export async function secondsEach(
  parts: readonly Part[],
  { lanes, workers, now }: { lanes: number; workers: number; now: () => number },
  work: (part: Part) => Promise<unknown>,
): Promise<number> {
  const turns = Array.from({ length: lanes }, (_, lane) => parts[lane % parts.length]!);
  const started = now();
  await Promise.all(turns.map(work));
  return ((now() - started) / 1000) * (Math.min(lanes, workers) / countRows(turns));
}
