/** @file Grayscale: every channel becomes the luma. Equal to Pillow's `convert("L")` copied to three channels. */
import { luma, type PhotometricOperation } from './operation.js';

/** (299 R + 587 G + 114 B) / 1000 */
const grayscale: PhotometricOperation = {
  name: 'grayscale',
  amount: 'not used',
  apply({ data }) {
    for (let i = 0; i < data.length; i += 3) data[i] = data[i + 1] = data[i + 2] = luma(data[i]!, data[i + 1]!, data[i + 2]!);
  },
};
export default grayscale;
