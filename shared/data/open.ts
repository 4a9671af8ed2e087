/** @file Opening a data set: from a name or a path to images of one size in memory. */
import type { SizePolicy } from '../images/fit.js';
import { RobencError } from '../errors.js';
import { detectFormat } from './detect.js';
import type { ImageSet, Split } from './image-set.js';
import { dataSources } from './index.js';

export interface ImageSetSpec {
  /** A name of the table of data sources; absent: found out from the path. */
  readonly name?: string | undefined;
  readonly path?: string | undefined;
  readonly split: Split;
  /** The share of an image folder without train/ and test/ that is `test`; `train` is the rest. Absent: both are the whole folder. Other data has a split of its own. */
  readonly holdOut?: number | undefined;
  /** How many images at most, chosen by the seed alike from every class: altogether, or of each class with `perClass`. */
  readonly limit?: number | undefined;
  readonly perClass?: boolean | undefined;
  readonly seed: number;
  /** What the images are fitted to; absent: they keep their size, and must all have the same. */
  readonly size?: SizePolicy | undefined;
  readonly skipUnreadable?: boolean | undefined;
  /** Hears of what was left out; without it nothing is said. */
  readonly warn?: ((message: string) => void) | undefined;
}

/** The images and labels of one split, in memory that threads can share. Throws `RobencError`s that name the flag `--data` or `--limit`. */
export async function openImageSet(spec: ImageSetSpec): Promise<ImageSet> {
  const { path, split, holdOut, limit, perClass, seed, size, skipUnreadable = false, warn = () => undefined } = spec;
  if (limit !== undefined && (!Number.isInteger(limit) || limit < 1))
    throw new RobencError('usage', `The limit is ${limit}; it must be a whole number of images, at least 1. Give another with --limit.`, { field: 'limit' });
  if (holdOut !== undefined && !(holdOut > 0 && holdOut < 1))
    throw new RobencError('usage', `The share to hold out is ${holdOut}; it must lie between 0 and 1, e.g. --hold-out 0.2.`, { field: 'hold-out' });
  const name = spec.name ?? (path === undefined ? undefined : await detectFormat(path));
  if (name === undefined)
    throw new RobencError('usage', `No data set is named. Give one of ${dataSources.names.join(', ')}, or a folder, with --data.`, { field: 'data' });
  return dataSources.get(name).load({ path, split, holdOut, limit, perClass, seed, size, skipUnreadable, warn });
}
