/** @file The table of common corruptions: those of ImageNet-C that are made from the image alone. Frost of the paper is left out: it pastes photographs of ice. */
import { table } from '../../table.js';
import { defocusBlur, gaussianBlur, glassBlur, zoomBlur } from './blur.js';
import { brightness, contrast, saturate } from './colour.js';
import type { Corruption } from './corruption.js';
import { elastic, jpeg, pixelate } from './digital.js';
import { motionBlur } from './motion.js';
import { gaussianNoise, impulseNoise, shotNoise, speckleNoise } from './noise.js';
import { spatter } from './spatter.js';
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
  spatter,
] as const;

export const corruptions = table<Corruption>('corruption', all);
