/** @file Solarize: bright values are turned into their negative. Equal to Pillow's `ImageOps.solarize`. */
import { applyLookup, type PhotometricOperation } from './operation.js';

const LOOKUP = new Uint8Array(256);

/** value < amount ? value : 255 - value */
const solarize: PhotometricOperation = {
  name: 'solarize',
  amount: 'threshold, 0 to 256; 256 changes nothing',
  apply(image, amount) {
    for (let value = 0; value < 256; value++) LOOKUP[value] = value < amount ? value : 255 - value;
    applyLookup(image, LOOKUP);
  },
};
export default solarize;
