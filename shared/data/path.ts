/** @file The folder or archive of a data set, checked before anything is read from it. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { RobencError } from '../errors.js';
import { isArchive } from './cifar.js';

/** The path, once it is known to be there. Throws `usage` or `not-found`, naming `--data`. */
export function existingPath(path: string | undefined, name: string): string {
  if (path === undefined) throw new RobencError('usage', `The data set ${name} is read from a folder or archive: name it with --data.`, { field: 'data' });
  if (!existsSync(path)) throw new RobencError('not-found', `There is no ${path}. Give an existing folder or archive with --data.`, { field: 'data' });
  if (statSync(path).isDirectory()) {
    if (readdirSync(path).length === 0) throw new RobencError('not-found', `${path} is empty. Give a folder with images with --data.`, { field: 'data' });
  } else if (!isArchive(path))
    throw new RobencError('bad-input', `${path} is a file, neither a folder nor a .tar.gz archive. Give a folder with images with --data.`, { field: 'data' });
  return path;
}
