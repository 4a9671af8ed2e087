/** @file A data set in memory: images of one size, and labels where there are any. */
import { RobencError } from '../errors.js';
import type { Image } from '../images/image.js';

export type Split = 'train' | 'test';

/** Images of one size. `labels[i]` is an index into `classes`; without labels `classes` is empty. */
export interface ImageSet {
  readonly name: string;
  readonly classes: readonly string[];
  readonly labels: Int32Array | null;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  /** [count,height,width,3], 8 bits; in shared memory when made by `openImageSet`, so that worker threads see it without a copy. */
  readonly pixels: Uint8Array;
  /** What each image is called, e.g. its file, relative to the data folder. */
  readonly names?: readonly string[];
  /** True where the data set has no splits of its own, so that train and test are the same images. */
  readonly undivided?: boolean;
}

/** Bytes that all threads of the process can see. */
export function sharedBytes(length: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(length));
}

/** Image `index` of the set: a view, not a copy. */
export function imageAt(set: ImageSet, index: number): Image {
  if (!Number.isInteger(index) || index < 0 || index >= set.count) throw new RobencError('bad-input', `No image ${index} in ${set.name}: it has ${set.count}.`);
  const size = set.height * set.width * 3;
  return { width: set.width, height: set.height, data: set.pixels.subarray(index * size, (index + 1) * size) };
}

/** The images at `indices`, in that order, copied. */
export function subset(set: ImageSet, indices: ArrayLike<number>): ImageSet {
  const size = set.height * set.width * 3;
  const pixels = sharedBytes(indices.length * size);
  const chosen = Array.from(indices);
  chosen.forEach((index, i) => pixels.set(imageAt(set, index).data, i * size));
  const { labels, names } = set;
  return {
    ...set,
    count: chosen.length,
    pixels,
    labels: labels === null ? null : Int32Array.from(chosen, (index) => labels[index]!),
    ...(names === undefined ? {} : { names: chosen.map((index) => names[index]!) }),
  };
}

/** How many images each class has. Empty without labels. */
export function classCounts(set: ImageSet): number[] {
  const counts = set.classes.map(() => 0);
  set.labels?.forEach((label) => counts[label]!++);
  return counts;
}
