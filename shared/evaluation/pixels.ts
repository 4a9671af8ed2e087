/** @file A data set as batches of pixels for oracles and sessions. */
import type { Batch, ImageId } from '../attacks/attack.js';
import { imageAt, type ImageSet } from '../data/image-set.js';
import { writePlanes, type Image } from '../images/image.js';

/** The key of an image's chance: its file name where it has one, so that a subset of the data meets the same attack. */
export function imageId(set: ImageSet, index: number): ImageId {
  return set.names?.[index] ?? index;
}

/** Batches of whole images, [count,3,H,W] in [0,1]. */
export function pixelBatches(set: ImageSet): (indices: readonly number[]) => Batch {
  return (indices) =>
    planes(
      indices.map((index) => [imageAt(set, index)]),
      [3, set.height, set.width],
      indices.map((index) => imageId(set, index)),
    );
}

/** Batches whose every item is `several` images of one size, [count,several,3,H,W]. */
export function groupedBatches(
  set: ImageSet,
  size: { height: number; width: number },
  several: number,
  make: (index: number) => readonly Image[],
): (indices: readonly number[]) => Batch {
  return (indices) =>
    planes(
      indices.map(make),
      [several, 3, size.height, size.width],
      indices.map((index) => imageId(set, index)),
    );
}

function planes(items: readonly (readonly Image[])[], shape: readonly number[], ids: readonly ImageId[]): Batch {
  const size = shape.reduce((product, dim) => product * dim, 1);
  const data = new Float32Array(items.length * size);
  items.forEach((images, row) => images.forEach((image, i) => writePlanes(image, data, row * size + (i * size) / images.length)));
  return { count: items.length, shape, data, ids };
}

/** Pixels that one gradient may work on at once: keeps the activations of usual networks below about a gigabyte per worker. */
const PIXELS = 2 ** 17;
const MOST = 64;

/** A batch size that fits in memory, and small enough that `workers` all have something to do. */
export function batchSizeFor({ count, height, width }: { count: number; height: number; width: number }, workers: number, several = 1): number {
  const fits = Math.floor(PIXELS / (height * width * several));
  return Math.max(1, Math.min(MOST, fits, Math.ceil(count / workers)));
}
