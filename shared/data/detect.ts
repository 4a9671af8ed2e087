/** @file Telling from a path alone what data set lies there. */
import { readdirSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { RobencError } from '../errors.js';
import { cifar10Layout } from './cifar10.js';
import { cifar100Layout } from './cifar100.js';
import { cifarFolder, isArchive, isCifarFile } from './cifar.js';
import { existingPath } from './path.js';
import { tarMembers } from './tar.js';

const layouts = [cifar10Layout, cifar100Layout];

/**
 * The name of the data source that reads the folder or archive: CIFAR batches are known by their file names (in a folder, a folder in it, or an archive), any other
 * folder is an image folder. Throws, naming `--data`, for a path that is not there, is empty, or is an archive of something else.
 */
export async function detectFormat(path: string): Promise<string> {
  existingPath(path, 'image-folder');
  if (isArchive(path)) return detectArchive(path);
  return layouts.find((layout) => cifarFolder(layout, path) !== null)?.name ?? checkNotPython(path, readdirSync(path)) ?? 'image-folder';
}

async function detectArchive(path: string): Promise<string> {
  const names: string[] = [];
  for await (const member of tarMembers(path)) {
    const layout = layouts.find((candidate) => isCifarFile(candidate, member.name));
    if (layout !== undefined) return layout.name;
    names.push(member.name);
  }
  checkNotPython(path, names);
  throw new RobencError('unsupported', `${path} holds no CIFAR batches (data_batch_1.bin, train.bin). Unpack other archives and give the folder with --data.`, {
    field: 'data',
  });
}

/** The pickled CIFAR for Python has the same names without an ending; saying so saves a search. */
function checkNotPython(path: string, names: readonly string[]): undefined {
  if (names.some((name) => /^(data_batch_\d|test_batch)$/.test(basename(name))))
    throw new RobencError('unsupported', `${path} is the Python version of CIFAR. Get the binary version, and give its folder or .tar.gz with --data.`, {
      field: 'data',
    });
}

/** What a user means by a data set: a name of the table that needs no path, or a path, seen from the folder `cwd`. A folder of that name goes before the name. */
export async function dataSpecOf(text: string, cwd: string): Promise<{ name: string; path?: string }> {
  const path = resolve(cwd, text);
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return text === 'shapes' && !isFolder ? { name: text } : { name: await detectFormat(path), path };
}
