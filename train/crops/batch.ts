/** @file Rendering the views of a batch of images. */
import { imageAt, type ImageSet } from '@robenc/shared/data/image-set.js';
import { Random } from '@robenc/shared/math/random.js';
import { viewSamplers } from './index.js';
import { viewOptions } from './options.js';

export interface ViewSettings {
  /** Views of each image. */
  readonly views: number;
  /** Name of a view sampler. */
  readonly sampler: string;
  /** Its options; what is left out has its default. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly seed: number;
  /** Side of the square views, in pixels. */
  readonly size: number;
}

/**
 * Views of the images at `indices` as float32 [views*batch,3,size,size] in [0,1], crop-major: row `c*batch + i` is view c of image `indices[i]`. Each view has a random
 * stream of its own, keyed by seed, epoch, image and view, so it does not matter which batch, order or thread it is made in.
 * `out` is written over and returned, where it is given; it must have that size.
 */
export function renderBatch(
  set: ImageSet,
  indices: ArrayLike<number>,
  { views, sampler: name, options: given, seed, epoch, size, out }: ViewSettings & { readonly epoch: number; readonly out?: Float32Array },
): Float32Array {
  const sampler = viewSamplers.get(name);
  const options = viewOptions(sampler, given);
  const area = 3 * size * size;
  const result = out ?? new Float32Array(views * indices.length * area);
  for (let view = 0; view < views; view++)
    for (let i = 0; i < indices.length; i++) {
      const random = new Random(seed, 'view', epoch, indices[i]!, view);
      sampler.render(imageAt(set, indices[i]!), random, options, result, (view * indices.length + i) * area, size);
    }
  return result;
}
