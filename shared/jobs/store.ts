/** @file Where the results of a work list are kept: bytes by name, written whole or not at all. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, RobencError } from '../errors.js';
import { writeFileAtomic } from '../files.js';

export interface Store {
  has(id: string): boolean;
  /** Throws `not-found` where there is none. */
  read(id: string): Uint8Array;
  /** The first result of an item stands: a second one, from a worker that came late, is dropped. */
  write(id: string, bytes: Uint8Array): void;
  readonly size: number;
}

export function memoryStore(): Store {
  const results = new Map<string, Uint8Array>();
  return {
    has: (id) => results.has(id),
    read: (id) => results.get(id) ?? missing(id),
    write: (id, bytes) => void (results.has(id) || results.set(id, bytes)),
    get size() {
      return results.size;
    },
  };
}

const SUFFIX = '.bin';

/** One file for each result. Names are listed once; files that appear later by another hand are not seen. */
export function folderStore(folder: string): Store {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw new RobencError('io', `Could not make ${folder}: ${messageOf(cause)}. Choose a folder that you may write to.`, { cause, field: folder });
  }
  const known = new Set(listResults(folder));
  const path = (id: string) => join(folder, `${id}${SUFFIX}`);
  return {
    has: (id) => known.has(id),
    read: (id) => (known.has(id) ? new Uint8Array(readFileSync(path(id))) : missing(id)),
    write(id, bytes) {
      if (known.has(id)) return;
      writeFileAtomic(path(id), bytes);
      known.add(id);
    },
    get size() {
      return known.size;
    },
  };
}

/** The names of the results in a folder; none where there is no such folder. */
export function listResults(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith(SUFFIX) && !file.startsWith('.'))
    .map((file) => file.slice(0, -SUFFIX.length));
}

function missing(id: string): never {
  throw new RobencError('not-found', `There is no result of the item ${id}.`);
}
