/** @file Randomised smoothing of an image by a served model. */
import { smoothedClass as smooth, type SmoothedClass, type SmoothingOptions } from '@robenc/shared/evaluation/smoothed-class.js';
import { argmaxRow } from '@robenc/shared/math/logits.js';
import { Random } from '@robenc/shared/math/random.js';
import type { PreparedImage } from '../images/recipe.js';
import { classifyImages } from './classify.js';
import type { Call } from './compute.js';
import type { ServedModel } from './model.js';

const CHUNK = 32;

export type ServedCertificate = Pick<SmoothedClass, 'index' | 'probability' | 'radius'>;

/** `image` is one row. The noise depends on the seed alone. */
export async function smoothedClass(model: ServedModel, image: PreparedImage, options: SmoothingOptions, seed: number, call: Call): Promise<ServedCertificate> {
  const { index, probability, radius } = await smooth({
    pixels: image.data,
    classes: model.classes.length,
    options,
    random: (what) => new Random(seed, 'smoothing', what),
    batch: CHUNK,
    classify: async (copies) => {
      const answers = await classifyImages(
        model,
        copies.map((data) => ({ ...image, data })),
        call,
      );
      return answers.map((logits) => argmaxRow(logits, logits.length, 0));
    },
  });
  return { index, probability, radius };
}
