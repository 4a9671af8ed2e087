/** @file The table of common corruptions: those of ImageNet-C that are made from the image alone. Frost and spatter of the paper are left out: one needs photographs. */
import { table } from '../../table.js';
import { defocusBlur, gaussianBlur, glassBlur, zoomBlur } from './blur.js';
import { brightness, contrast, saturate } from './colour.js';
import type { Corruption } from './corruption.js';
import { elastic, jpeg, pixelate } from './digital.js';
import { motionBlur } from './motion.js';
import { gaussianNoise, impulseNoise, shotNoise, speckleNoise } from './noise.js';
import { fog, snow } from './weather.js';

const all = [
  gaussianNoise,
  shotNoise,
  impulseNoise,
  defocusBlur,
  glassBlur,
  motionBlur,
  zoomBlur,
  snow,
  fog,
  brightness,
  contrast,
  elastic,
  pixelate,
  jpeg,
  speckleNoise,
  gaussianBlur,
  saturate,
] as const;

export const corruptions = table<Corruption>('corruption', all);
