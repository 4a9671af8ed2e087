/** @file The photometric part of the training augmentation, as the code of EMP-SSL and CF-AMC-SSL has it: jitter, grayscale, blur, solarise. */
import { Type, type Static, type TObject } from '@sinclair/typebox';
import { photometricOperations } from '@robenc/shared/images/photometric/index.js';
import type { Image } from '@robenc/shared/images/image.js';
import type { Random } from '@robenc/shared/math/random.js';

const probability = (value: number, what: string) => Type.Number({ minimum: 0, maximum: 1, default: value, description: `share of views ${what}` });
const strength = (value: number, what: string) =>
  Type.Number({ minimum: 0, maximum: 1, default: value, description: `${what} factor is uniform within 1 plus or minus this` });

/** Options of the augmentation; the defaults are those of both papers' `dataset/aug.py`. Spread into the options of a sampler. */
export const augmentationOptions = {
  jitter: probability(0.8, 'whose colours are jittered'),
  brightness: strength(0.4, 'brightness'),
  contrast: strength(0.4, 'contrast'),
  saturation: strength(0.4, 'saturation'),
  hue: Type.Number({ minimum: 0, maximum: 0.5, default: 0.2, description: 'hue turns by up to this share of the circle, either way' }),
  grayscale: probability(0.2, 'that become grey'),
  blur: probability(0.1, 'that are blurred'),
  sigma: Type.Tuple([Type.Number({ exclusiveMinimum: 0 }), Type.Number({ exclusiveMinimum: 0 })], {
    default: [0.1, 2],
    description: 'least and greatest standard deviation of the blur, in pixels',
  }),
  solarize: probability(0.1, 'that are solarised'),
  threshold: Type.Number({ minimum: 0, maximum: 256, default: 128, description: 'level from which solarising turns values into their negative' }),
};
export type Augmentation = Static<TObject<typeof augmentationOptions>>;

const [brightness, contrast, saturation, hue] = ['brightness', 'contrast', 'saturation', 'hue'].map(photometricOperations.get);
const grayscale = photometricOperations.get('grayscale');
const blur = photometricOperations.get('gaussian_blur');
const solarize = photometricOperations.get('solarize');

/** Changes the image in place. */
export function augment(image: Image, random: Random, options: Augmentation): void {
  if (random.next() < options.jitter) jitter(image, random, options);
  if (random.next() < options.grayscale) grayscale.apply(image, 0);
  if (random.next() < options.blur) blur.apply(image, random.uniform(options.sigma[0], options.sigma[1]));
  if (random.next() < options.solarize) solarize.apply(image, options.threshold);
}

/** torchvision's `ColorJitter`: the four operations in random order, each with a random strength. */
function jitter(image: Image, random: Random, options: Augmentation): void {
  for (const operation of random.permutation(4))
    if (operation === 0) brightness!.apply(image, factor(random, options.brightness));
    else if (operation === 1) contrast!.apply(image, factor(random, options.contrast));
    else if (operation === 2) saturation!.apply(image, factor(random, options.saturation));
    else hue!.apply(image, random.uniform(-options.hue, options.hue));
}

function factor(random: Random, range: number): number {
  return random.uniform(Math.max(0, 1 - range), 1 + range);
}
