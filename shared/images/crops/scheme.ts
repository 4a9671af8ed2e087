/** @file What a crop scheme is: a way to choose boxes of an image at random. */
import type { Static, TObject } from '@sinclair/typebox';
import type { Random } from '../../math/random.js';
import type { Box } from '../resize.js';

/** A piece of an image, mirrored left to right or not. */
export interface Crop extends Box {
  readonly flip: boolean;
}

export interface CropScheme {
  readonly name: string;
  /** Its options, each with a default. */
  readonly options: TObject;
  /** A crop of an image of that size, in whole pixels and inside of it. Options that are left out have their defaults. */
  sample(random: Random, height: number, width: number, options?: Readonly<Record<string, unknown>>): Crop;
}

/** Gives `sample` the type of its own options, and fills in the defaults. */
export function defineScheme<S extends TObject>(scheme: {
  readonly name: string;
  readonly options: S;
  readonly defaults: Static<S>;
  sample(random: Random, height: number, width: number, options: Static<S>): Crop;
}): CropScheme {
  const { name, options, defaults } = scheme;
  // Augmentation samples millions of boxes with the same options: they are completed once.
  const completed = new WeakMap<object, Static<S>>();
  const complete = (given: Readonly<Record<string, unknown>>): Static<S> => {
    let all = completed.get(given);
    if (all === undefined) completed.set(given, (all = { ...defaults, ...given }));
    return all;
  };
  return { name, options, sample: (random, height, width, given) => scheme.sample(random, height, width, given === undefined ? defaults : complete(given)) };
}
