/** @file Contrast: a blend with the mean luma of the image. Equal to Pillow's `ImageEnhance.Contrast`. */
import { applyLookup, blend, luma, type PhotometricOperation } from './operation.js';

const LOOKUP = new Uint8Array(256);

/** mean + amount * (value - mean) */
const contrast: PhotometricOperation = {
  name: 'contrast',
  amount: 'factor, at least 0; 1 changes nothing',
  apply(image, amount) {
    const { data } = image;
    let sum = 0;
    for (let i = 0; i < data.length; i += 3) sum += luma(data[i]!, data[i + 1]!, data[i + 2]!);
    const mean = Math.trunc(sum / (data.length / 3) + 0.5);
    const factor = Math.fround(amount);
    for (let value = 0; value < 256; value++) LOOKUP[value] = blend(mean, Math.fround(factor * (value - mean)));
    applyLookup(image, LOOKUP);
  },
};
export default contrast;
