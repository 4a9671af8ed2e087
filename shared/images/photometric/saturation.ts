/** @file Saturation: a blend of each pixel with its own luma. Equal to Pillow's `ImageEnhance.Color`. */
import { blend, luma, products, type PhotometricOperation } from './operation.js';

/** luma + amount * (value - luma) */
const saturation: PhotometricOperation = {
  name: 'saturation',
  amount: 'factor, at least 0; 0 makes grey, 1 changes nothing',
  apply(image, amount) {
    const { data } = image;
    const product = products(amount);
    for (let i = 0; i < data.length; i += 3) {
      const grey = luma(data[i]!, data[i + 1]!, data[i + 2]!);
      const difference = 255 - grey;
      data[i] = blend(grey, product[data[i]! + difference]!);
      data[i + 1] = blend(grey, product[data[i + 1]! + difference]!);
      data[i + 2] = blend(grey, product[data[i + 2]! + difference]!);
    }
  },
};
export default saturation;
