/** @file Writing files so that nobody ever sees half of one: temporary name, fsync, rename. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { messageOf, RobencError } from './errors.js';
import { temporaryPath } from './temporary-files.js';

/** The bytes of a file that a user named as `field`. Throws `not-found` where there is none, `io` where it cannot be read. */
export function readBytes(path: string, field: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const isFolder = (cause as NodeJS.ErrnoException).code === 'EISDIR';
    const message = missing
      ? `There is no file ${path}. Check the path.`
      : `Could not read ${path}: ${isFolder ? 'it is a folder. Give a file' : messageOf(cause)}.`;
    throw new RobencError(missing ? 'not-found' : 'io', message, { cause, field });
  }
}

/** Replaces `path` with `data` in one step, making its folder. On a failure the old file is still there and the error (`io`) says why. */
export function writeFileAtomic(path: string, data: string | Uint8Array): void {
  const temporary = temporaryPath(path);
  try {
    mkdirSync(dirname(path), { recursive: true });
    const file = openSync(temporary, 'w');
    try {
      writeFileSync(file, data);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (cause) {
    removeIfThere(temporary);
    throw new RobencError('io', `Could not write ${path}: ${messageOf(cause)}. Free some space or choose another output folder.`, { cause, field: path });
  }
  syncFolder(dirname(path));
}

/** Clears up after a failure, whose own error must not be hidden by one of clearing up. */
function removeIfThere(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // Its folder is no folder: then there is nothing to remove.
  }
}

/** Makes a rename in a folder durable; not every platform lets a folder be opened, and then the rename alone must do. */
export function syncFolder(path: string): void {
  try {
    const folder = openSync(path, 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  } catch {
    // Windows cannot open folders; its renames are ordered by the file system's journal.
  }
}

/**
 * Makes an output folder; refuses (`usage`) one that holds something, unless `force` or `resume` is given. What it returns is for work that failed: it takes away
 * what was made here, the folders on the way to it too, as far as they are still empty.
 */
export function claimOutputFolder(path: string, { force = false, resume = false }: { force?: boolean; resume?: boolean } = {}): () => void {
  if (force && resume) throw new RobencError('usage', '--resume goes on with what is there, --force starts anew. Pass one of them.', { field: 'force' });
  const isNew = !existsSync(path);
  if (!isNew && !statSync(path).isDirectory())
    throw new RobencError('usage', `${path} is a file. Give a folder that is empty or not there yet.`, { field: path });
  if (!isNew && readdirSync(path).length > 0 && !force && !resume)
    throw new RobencError('usage', `${path} is not empty. Choose another folder, or pass --resume to go on or --force to overwrite.`, { field: path });
  let first: string | undefined;
  try {
    first = makeFolder(resolve(path));
  } catch (cause) {
    throw new RobencError('io', `Could not make the output folder ${path}: ${messageOf(cause)}. Choose a folder that you may write to.`, {
      cause,
      field: path,
    });
  }
  return () => {
    if (first === undefined) return;
    try {
      for (let folder = resolve(path); ; folder = dirname(folder)) {
        rmdirSync(folder);
        if (folder === resolve(first)) return;
      }
    } catch {
      // It holds something, which rmdir refuses; the failure that came before must not be hidden.
    }
  };
}

/** With its parents, one after another: `mkdirSync` with `recursive` never ends where a file system says of a new folder that its parent is missing, as /proc does. */
function makeFolder(path: string): string | undefined {
  if (existsSync(path)) return undefined;
  const first = makeFolder(dirname(path));
  try {
    mkdirSync(path);
    return first ?? path;
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!existsSync(path)) throw error;
    return first;
  }
}
