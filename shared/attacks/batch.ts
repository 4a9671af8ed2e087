/** @file Picking images out of batches. */
import { RobencError } from '../errors.js';
import type { Batch, ImageId } from './attack.js';

/** The number of values of one image. */
export function imageSize(batch: Pick<Batch, 'shape'>): number {
  return batch.shape.reduce((product, size) => product * size, 1);
}

/** A batch over `data` [count, ...shape]. Throws `bad-input` when the sizes do not fit. `ids` default to 0, 1, … */
export function createBatch(data: Float32Array, shape: readonly number[], ids?: readonly ImageId[]): Batch {
  const count = data.length / imageSize({ shape });
  if (!Number.isInteger(count)) throw new RobencError('bad-input', `${data.length} values are no whole number of images of shape [${shape.join(',')}].`);
  const names = ids ?? Array.from({ length: count }, (_, i) => i);
  if (names.length !== count) throw new RobencError('bad-input', `${names.length} ids were given for ${count} images; give one per image.`);
  return { count, shape, data, ids: names };
}

/** The images at `indices`, packed together in that order. */
export function gather(batch: Batch, indices: readonly number[]): Batch {
  const size = imageSize(batch);
  const data = new Float32Array(indices.length * size);
  indices.forEach((index, row) => data.set(batch.data.subarray(index * size, (index + 1) * size), row * size));
  return { count: indices.length, shape: batch.shape, data, ids: indices.map((index) => batch.ids[index]!) };
}
