/** @file The data sets that audits may use: what lies in one folder, and nothing outside of it. */
import { readdirSync, realpathSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { ApiError } from '../errors.js';

/** Names of the data sets: folders, and archives that were not unpacked. */
export function dataSets(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !entry.name.startsWith('.') && (entry.isDirectory() || /\.tar(\.gz)?$|\.tgz$/.test(entry.name)))
    .map(({ name }) => name)
    .sort();
}

/** The path of a data set, which its name has been checked to look like. Throws `bad_input` for one that is not there, or that a link leads out of the folder. */
export function dataPath(folder: string, name: string): string {
  const path = join(folder, name);
  if (statSync(path, { throwIfNoEntry: false }) === undefined)
    throw new ApiError('bad_input', `There is no data set "${name}". There are: ${dataSets(folder).join(', ') || 'none'}.`, { field: 'data' });
  if (!realpathSync(path).startsWith(realpathSync(folder) + sep))
    throw new ApiError('bad_input', `The data set "${name}" is a link out of the folder of data sets.`, { field: 'data' });
  return path;
}
