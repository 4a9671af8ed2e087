/** @file Randomised smoothing of one image: the class that it keeps under noise, and the radius within which that is certain (Cohen et al., arXiv 1902.02918, section 3.2). */
import type { Random } from '../math/random.js';
import { certify, leastHits, type Certificate } from './smoothing.js';

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
  /** Copies that had the class. Of an image that abstains those that came before it was certain. */
  readonly hits: number;
  /** Copies that the model saw, the ones that chose the class included. */
  readonly looked: number;
}

export interface SmoothingJob {
  /** Of one image, in [0,1]. */
  readonly pixels: Float32Array;
  readonly classes: number;
  readonly options: SmoothingOptions;
  /** A stream of its own for the copies that choose and for those that are counted: fresh ones, or the bound would not hold. */
  readonly random: (what: 'choose' | 'count') => Random;
  /** Copies that the model sees at once. */
  readonly batch: number;
  /** The class of each copy; -1 where the model answered NaN. May throw `cancelled`. */
  readonly classify: (copies: readonly Float32Array[]) => Promise<readonly number[]>;
}

/** Copies that choose the class, apart from those that are counted. */
export const CHOOSING = 100;

/** Counting ends when so many copies had other classes that the image abstains whatever the rest says; the bound then takes the rest for misses, and so still holds. */
export async function smoothedClass(job: SmoothingJob): Promise<SmoothedClass> {
  const { pixels, classes, options, random, batch, classify } = job;
  const { sigma, draws, alpha } = options;
  const least = leastHits(draws, alpha);
  const look = async (what: 'choose' | 'count', wanted: number, enough: (found: Int32Array, looked: number) => boolean) => {
    const found = new Int32Array(classes);
    const stream = random(what);
    let looked = 0;
    while (looked < wanted && !enough(found, looked)) {
      const copies = Array.from({ length: Math.min(batch, wanted - looked) }, () => pixels.map((value) => value + sigma * stream.normal()));
      for (const index of await classify(copies)) if (index >= 0) found[index]! += 1;
      looked += copies.length;
    }
    return { found, looked };
  };
  const chosen = (await look('choose', CHOOSING, () => false)).found;
  const index = chosen.indexOf(Math.max(...chosen));
  const counted = await look('count', draws, (found, looked) => looked - found[index]! > draws - least);
  const hits = counted.found[index]!;
  const certificate = certify(hits, draws, sigma, alpha);
  return { ...certificate, index: certificate.radius === null ? -1 : index, hits, looked: CHOOSING + counted.looked };
}
