/** @file Settings and machines of runs as tables, and in which settings runs differ. */
import { flat } from '../run/settings.js';
import type { RunRecord } from './run-record.js';

export type Row = readonly [string, ...string[]];

/** Every field of a run file by its dotted path, in the order of the file. */
export function settingsOf({ run }: RunRecord): [string, string][] {
  return flat(run).filter(([path]) => path !== '$schema');
}

/** What environment.json says of the machine, by its dotted path; empty where there is no such file. */
export function environmentOf({ environment }: RunRecord): [string, string][] {
  // Threads that nobody set are null there: it says nothing of them.
  return flat(Object.fromEntries(Object.entries(environment ?? {}).filter(([, value]) => value !== null)));
}

/** The paths at which the runs do not all say the same, with what each says; `-` where it says nothing. Names and folders always differ and are left out. */
export function differences(runs: readonly RunRecord[]): Row[] {
  const settings = runs.map((run) => new Map([...settingsOf(run), ...environmentOf(run).map(([path, value]) => [`machine: ${path}`, value] as const)]));
  const paths = [...new Set(settings.flatMap((one) => [...one.keys()]))].filter((path) => path !== 'name' && path !== 'out');
  return paths
    .map((path): Row => [path, ...settings.map((one) => one.get(path) ?? '-')])
    .filter(([, ...values]) => values.some((value) => value !== values[0]));
}
