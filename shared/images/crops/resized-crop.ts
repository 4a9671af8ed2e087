/** @file The random box of torchvision's `RandomResizedCrop`: a piece of random area and proportions at a random place. */
import type { Random } from '../../math/random.js';
import type { Box } from '../resize.js';

/** Lower and upper end of a range. */
export type Range = readonly [number, number];

const ATTEMPTS = 10;

/**
 * A box whose share of the area is uniform in `scale` and whose width/height is log-uniform in `ratio`; where ten draws do not fit into the image, the largest
 * centred box whose proportions are in `ratio`.
 */
export function resizedCropBox(random: Random, height: number, width: number, scale: Range, ratio: Range): Box {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const area = height * width * random.uniform(scale[0], scale[1]);
    const aspect = Math.exp(random.uniform(Math.log(ratio[0]), Math.log(ratio[1])));
    const w = Math.round(Math.sqrt(area * aspect));
    const h = Math.round(Math.sqrt(area / aspect));
    if (w > 0 && w <= width && h > 0 && h <= height) return { top: random.integer(height - h + 1), left: random.integer(width - w + 1), height: h, width: w };
  }
  const aspect = Math.min(Math.max(width / height, ratio[0]), ratio[1]);
  const w = Math.max(1, Math.min(width, Math.round(height * aspect)));
  const h = Math.max(1, Math.min(height, Math.round(width / aspect)));
  return { top: (height - h) >> 1, left: (width - w) >> 1, height: h, width: w };
}
