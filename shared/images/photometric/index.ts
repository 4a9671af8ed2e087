/** @file The table of photometric operations. */
import { table } from '../../table.js';
import brightness from './brightness.js';
import contrast from './contrast.js';
import gaussianBlur from './gaussian-blur.js';
import grayscale from './grayscale.js';
import hflip from './hflip.js';
import hue from './hue.js';
import saturation from './saturation.js';
import solarize from './solarize.js';

export const photometricOperations = table('photometric operation', [brightness, contrast, saturation, hue, grayscale, gaussianBlur, solarize, hflip]);
