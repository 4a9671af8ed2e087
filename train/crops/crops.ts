/** @file Views from random resized crops of 8 to 100 % of the area. */
import { Type } from '@sinclair/typebox';
import { cropSchemes } from '@robenc/shared/images/crops/index.js';
import { augmentationOptions } from './augment.js';
import { defineSampler } from './sampler.js';

const scheme = cropSchemes.get('crops');

export default defineSampler({
  name: 'crops',
  options: Type.Object({ ...scheme.options.properties, ...augmentationOptions }, { additionalProperties: false }),
  crop: scheme.sample,
});
