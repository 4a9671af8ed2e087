/** @file Finding the images of a folder and their classes. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { RobencError } from '../errors.js';
import type { Split } from './image-set.js';

export interface ListedImages {
  /** The folder that the file names start from. */
  readonly folder: string;
  /** Relative to the folder, sorted, classes first. */
  readonly files: readonly string[];
  readonly classes: readonly string[];
  readonly labels: Int32Array | null;
  /** Whether both splits are this folder. */
  readonly undivided: boolean;
}

const IMAGE = /\.(jpe?g|jfif|png|webp|avif|gif|tiff?)$/i;
const SPLIT_FOLDERS: Readonly<Record<Split, readonly string[]>> = { train: ['train'], test: ['test', 'val', 'valid', 'validation'] };
const ALL_SPLIT_FOLDERS = new Set(Object.values(SPLIT_FOLDERS).flat());

/** Whether a file is taken for an image, by the end of its name. */
export function isImageFile(name: string): boolean {
  return !name.startsWith('.') && IMAGE.test(name);
}

/**
 * The images of one split. Where all subfolders are named like splits (train, test, val, valid, validation) they are taken as such; else both splits are the whole
 * folder. Subfolders of the rest are classes, in lexicographic order (by code unit), an empty one too; links are followed; images in their subfolders belong to them.
 * Throws `not-found` when the split or the images are missing, `bad-input` when images lie beside class folders.
 */
export function listImages(path: string, split: Split): ListedImages {
  const folder = splitFolder(path, split);
  const undivided = folder === path;
  const classes = folders(folder);
  const loose = visible(folder)
    .filter(({ name, kind }) => kind === 'file' && isImageFile(name))
    .map(({ name }) => name);
  const perClass = classes.map((name) => imagesBelow(folder, name));
  const inClasses = perClass.reduce((sum, files) => sum + files.length, 0);
  if (loose.length === 0 && inClasses === 0)
    throw new RobencError(
      'not-found',
      `${folder} has no images (files ending in .jpg, .png, .webp, .avif, .gif or .tif). Give a folder with images with --data.`,
      {
        field: 'data',
      },
    );
  if (loose.length > 0 && inClasses > 0)
    throw new RobencError(
      'bad-input',
      `${folder} has images (${loose[0]!}) beside class folders (${classes[0]!}): it is unclear what the class of the former is. Move them, or give one of the folders with --data.`,
      { field: 'data' },
    );
  if (inClasses === 0) return { folder, files: loose, classes: [], labels: null, undivided };
  return { folder, files: perClass.flat(), classes, labels: Int32Array.from(perClass.flatMap((files, label) => files.map(() => label))), undivided };
}

function splitFolder(path: string, split: Split): string {
  const names = folders(path);
  if (names.length === 0 || !names.every((name) => ALL_SPLIT_FOLDERS.has(name))) return path;
  const name = SPLIT_FOLDERS[split].find((candidate) => existsSync(join(path, candidate)));
  if (name === undefined)
    throw new RobencError('not-found', `${path} has ${names.join('/ and ')}/ but no ${split}/. Add it, or give one of the folders with --data.`, {
      field: 'data',
    });
  return join(path, name);
}

interface Entry {
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'other';
}

/** What lies in a folder, hidden entries left out and links followed, in lexicographic order. */
function visible(folder: string): Entry[] {
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.'))
    .sort()
    .map((name) => {
      const found = statSync(join(folder, name), { throwIfNoEntry: false });
      return { name, kind: found?.isFile() ? 'file' : found?.isDirectory() ? 'folder' : 'other' };
    });
}

function folders(folder: string): string[] {
  return visible(folder)
    .filter(({ kind }) => kind === 'folder')
    .map(({ name }) => name);
}

function imagesBelow(root: string, folder: string): string[] {
  return visible(join(root, folder)).flatMap(({ name, kind }) =>
    kind === 'folder' ? imagesBelow(root, join(folder, name)) : kind === 'file' && isImageFile(name) ? [join(folder, name)] : [],
  );
}
