/** @file Patches of one scale: squares of a quarter of the area (half of the side, in a square image), half of them mirrored. */
import { Type } from '@sinclair/typebox';
import { resizedCropBox } from './resized-crop.js';
import { defineScheme } from './scheme.js';

export default defineScheme({
  name: 'patches',
  options: Type.Object(
    {
      scale: Type.Number({ exclusiveMinimum: 0, maximum: 1, default: 0.25, description: 'share of the area' }),
      flip: Type.Number({ minimum: 0, maximum: 1, default: 0.5, description: 'share of patches that are mirrored left to right' }),
    },
    { additionalProperties: false },
  ),
  defaults: { scale: 0.25, flip: 0.5 },
  sample: (random, height, width, { scale, flip }) => ({
    ...resizedCropBox(random, height, width, [scale, scale], [1, 1]),
    flip: random.next() < flip,
  }),
});
