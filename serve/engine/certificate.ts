/** @file Randomised smoothing of one image: the class that it keeps under noise, and the radius within which that is certain (Cohen et al., arXiv 1902.02918). */
import { certify, type Certificate } from '@robenc/shared/evaluation/smoothing.js';
import { argmaxRow } from '@robenc/shared/math/logits.js';
import { Random } from '@robenc/shared/math/random.js';
import type { PreparedImage } from '../images/recipe.js';
import { classifyImages } from './classify.js';
import type { Call } from './compute.js';
import type { ServedModel } from './model.js';

export interface SmoothingOptions {
  /** Deviation of the noise, in pixels of [0,1]. It is not clipped. */
  readonly sigma: number;
  /** Noisy copies that are counted. */
  readonly draws: number;
  /** The certificate is wrong at most this often. */
  readonly alpha: number;
}

export interface SmoothedClass extends Certificate {
  /** The class under noise; -1 where it abstains. */
  readonly index: number;
}

/** Copies that choose the class, apart from those that are counted. */
const CHOOSING = 100;
const CHUNK = 32;

/** `image` is one row. The noise depends on the seed alone. */
export async function smoothedClass(model: ServedModel, image: PreparedImage, options: SmoothingOptions, seed: number, call: Call): Promise<SmoothedClass> {
  const counts = async (draws: number, what: string) => {
    const found = new Int32Array(model.classes.length);
    const random = new Random(seed, 'smoothing', what);
    for (let done = 0; done < draws; done += CHUNK) {
      const copies = Array.from({ length: Math.min(CHUNK, draws - done) }, () => ({
        ...image,
        data: image.data.map((value) => value + options.sigma * random.normal()),
      }));
      for (const logits of await classifyImages(model, copies, call)) found[argmaxRow(logits, logits.length, 0)]! += 1;
    }
    return found;
  };
  const chosen = await counts(CHOOSING, 'choose');
  const index = chosen.indexOf(Math.max(...chosen));
  const certificate = certify((await counts(options.draws, 'count'))[index]!, options.draws, options.sigma, options.alpha);
  return { ...certificate, index: certificate.radius === null ? -1 : index };
}
