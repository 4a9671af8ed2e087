/** @file The image files that a command line names: files as they are, folders with all that is in them. */
import { readdirSync, statSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { isImageFile } from '@robenc/shared/data/image-files.js';
import { messageOf, RobencError } from '@robenc/shared/errors.js';

export interface ImagePath {
  readonly path: string;
  /** As results name it: as given, or given folder and the way from there. */
  readonly name: string;
}

/** Files in the order given, those of a folder by name. Throws `not-found` for a path that is not there and for a folder without images. */
export function imagePaths(given: readonly string[], cwd: string): ImagePath[] {
  return given.flatMap((name) => {
    const path = resolve(cwd, name);
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) throw new RobencError('not-found', `There is no file or folder ${path}.`, { field: 'images' });
    if (!found.isDirectory()) return [{ path, name }];
    const inside = imagesBelow(path);
    if (inside.length === 0)
      throw new RobencError('not-found', `${path} has no images (files ending in .jpg, .png, .webp, .avif, .gif or .tif).`, { field: 'images' });
    return inside.map((file) => ({ path: file, name: join(name, relative(path, file)).split(sep).join('/') }));
  });
}

function imagesBelow(folder: string): string[] {
  let entries: string[];
  try {
    entries = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch (cause) {
    throw new RobencError('io', `Could not read the folder ${folder}: ${messageOf(cause)}.`, { cause, field: 'images' });
  }
  return entries
    .filter((entry) => isImageFile(entry.slice(entry.lastIndexOf(sep) + 1)) && !entry.split(sep).some((part) => part.startsWith('.')))
    .sort()
    .map((entry) => join(folder, entry))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true);
}
