/** @file The settings of a run file as dotted paths with their values, and what two of them say otherwise. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, type RunConfig } from '@robenc/shared/config/run.js';

/** What may differ between two starts of one run: see `digestOf` in folder.ts. */
const FREE = /^(\$schema|out|maxMinutes|encoder\.path|engine\.(replaysPerRun|convolutions)|checkpoint(\..*)?|validation(\..*)?)$/;

/** Every field of nested objects by its dotted path, in their order; lists count as values. */
export function flat(value: unknown, path = ''): [string, string][] {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return [[path, typeof value === 'string' ? value : JSON.stringify(value)]];
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  // An empty section is a setting too: `validation: {}`.
  if (entries.length === 0) return path === '' ? [] : [[path, '{}']];
  return entries.flatMap(([key, item]) => flat(item, path === '' ? key : `${path}.${key}`));
}

/** In which settings that decide its numbers a run differs from the one whose run.json lies in the folder: `batchSize (there 8, here 16)`, one after another; '' without that file. */
export function changedSettings(folder: string, run: RunConfig): string {
  const path = join(folder, 'run.json');
  if (!existsSync(path)) return '';
  const [there, here] = [new Map(flat(readJson(path))), new Map(flat(run))];
  const paths = [...new Set([...there.keys(), ...here.keys()])].filter((name) => !FREE.test(name) && there.get(name) !== here.get(name));
  return paths.map((name) => `${name} (there ${there.get(name) ?? 'unset'}, here ${here.get(name) ?? 'unset'})`).join(', ');
}
