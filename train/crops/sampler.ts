/** @file What a view sampler is: a way to make a random training view of an image. */
import type { Static, TObject } from '@sinclair/typebox';
import type { Image } from '@robenc/shared/images/image.js';
import { blankImage, writePlanes } from '@robenc/shared/images/image.js';
import { resizeBoxInto } from '@robenc/shared/images/resize.js';
import type { Crop } from '@robenc/shared/images/crops/scheme.js';
import type { Random } from '@robenc/shared/math/random.js';
import { augment, type Augmentation } from './augment.js';

export interface ViewSampler {
  readonly name: string;
  /** Its options as a schema, each with a default. */
  readonly options: TObject;
  /** Writes one view as float32 [3,size,size] in [0,1] into `out` at `offset`. `options` are complete (passed through the schema). */
  render(image: Image, random: Random, options: Readonly<Record<string, unknown>>, out: Float32Array, offset: number, size: number): void;
}

/** Canvases by size: a view is drawn here, changed in place, and copied out. */
const canvases = new Map<number, Image>();

/** A sampler that crops, then augments. The schema's options must include those of the augmentation. */
export function defineSampler<S extends TObject>(sampler: {
  readonly name: string;
  readonly options: S;
  crop(random: Random, height: number, width: number, options: Static<S>): Crop;
}): ViewSampler {
  return {
    name: sampler.name,
    options: sampler.options,
    render(image, random, options, out, offset, size) {
      let canvas = canvases.get(size);
      if (canvas === undefined) canvases.set(size, (canvas = blankImage(size, size)));
      const crop = sampler.crop(random, image.height, image.width, options);
      resizeBoxInto(image, crop, crop.flip, canvas);
      augment(canvas, random, options as unknown as Augmentation);
      writePlanes(canvas, out, offset);
    },
  };
}
