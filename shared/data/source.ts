/** @file What a data source is: one format or generator of labelled images. */
import type { SizePolicy } from '../images/fit.js';
import type { ImageSet, Split } from './image-set.js';
import type { Limit } from './select.js';

export interface LoadRequest extends Limit {
  /** Where it lies; sources that are computed have none. */
  readonly path: string | undefined;
  readonly split: Split;
  /** Of data without a split of its own: the share of every class that is `test`, the rest being `train`. Absent: both are the whole. */
  readonly holdOut: number | undefined;
  /** The size that images are fitted to; absent: the size that they have (in a folder, that of the first one). */
  readonly size: SizePolicy | undefined;
  /** Leave out images that cannot be read, instead of failing on the first. */
  readonly skipUnreadable: boolean;
  /** Hears of what was left out. */
  readonly warn: (message: string) => void;
}

export interface DataSource {
  readonly name: string;
  /** One line for lists. */
  readonly summary: string;
  /** Whether it reads from `path`. */
  readonly needsPath: boolean;
  load(request: LoadRequest): Promise<ImageSet>;
}
