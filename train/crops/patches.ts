/** @file Views from square patches of one scale, a quarter of the area. */
import { Type } from '@sinclair/typebox';
import { cropSchemes } from '@robenc/shared/images/crops/index.js';
import { augmentationOptions } from './augment.js';
import { defineSampler } from './sampler.js';

const scheme = cropSchemes.get('patches');

export default defineSampler({
  name: 'patches',
  options: Type.Object({ ...scheme.options.properties, ...augmentationOptions }, { additionalProperties: false }),
  crop: scheme.sample,
});
