/** @file Random resized crops: pieces of 8 to 100 % of the area, proportions 3:4 to 4:3, half of them mirrored. */
import { Type } from '@sinclair/typebox';
import { resizedCropBox } from './resized-crop.js';
import { defineScheme } from './scheme.js';

const Share = Type.Number({ exclusiveMinimum: 0, maximum: 1 });
const Ratio = Type.Number({ minimum: 0.1, maximum: 10 });

export default defineScheme({
  name: 'crops',
  options: Type.Object(
    {
      scale: Type.Tuple([Share, Share], { default: [0.08, 1], description: 'least and greatest share of the area' }),
      ratio: Type.Tuple([Ratio, Ratio], { default: [3 / 4, 4 / 3], description: 'least and greatest width/height' }),
      flip: Type.Number({ minimum: 0, maximum: 1, default: 0.5, description: 'share of crops that are mirrored left to right' }),
    },
    { additionalProperties: false },
  ),
  defaults: { scale: [0.08, 1], ratio: [3 / 4, 4 / 3], flip: 0.5 },
  sample: (random, height, width, { scale, ratio, flip }) => ({
    ...resizedCropBox(random, height, width, scale, ratio),
    flip: random.next() < flip,
  }),
});
