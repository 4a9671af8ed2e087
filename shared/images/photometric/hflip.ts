/** @file Horizontal flip: left and right change places. Exact. */
import type { PhotometricOperation } from './operation.js';

/** pixel (y, x) <- pixel (y, width - 1 - x) */
const hflip: PhotometricOperation = {
  name: 'hflip',
  amount: 'not used',
  apply({ data, width, height }) {
    for (let y = 0; y < height; y++)
      for (let left = y * width * 3, right = (y * width + width - 1) * 3; left < right; left += 3, right -= 3)
        for (let channel = 0; channel < 3; channel++) {
          const value = data[left + channel]!;
          data[left + channel] = data[right + channel]!;
          data[right + channel] = value;
        }
  },
};
export default hflip;
