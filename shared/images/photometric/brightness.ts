/** @file Brightness: a blend with black. Equal to Pillow's `ImageEnhance.Brightness`. */
import { applyLookup, blend, type PhotometricOperation } from './operation.js';

const LOOKUP = new Uint8Array(256);

/** value * amount */
const brightness: PhotometricOperation = {
  name: 'brightness',
  amount: 'factor, at least 0; 1 changes nothing',
  apply(image, amount) {
    const factor = Math.fround(amount);
    for (let value = 0; value < 256; value++) LOOKUP[value] = blend(0, Math.fround(factor * value));
    applyLookup(image, LOOKUP);
  },
};
export default brightness;
