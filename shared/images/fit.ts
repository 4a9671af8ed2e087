/** @file The size policy: how a photograph of any size becomes the model's input. The only such code; training, serving and audit all call it. */
import { Type, type Static } from '@sinclair/typebox';
import { RobencError } from '../errors.js';
import { blankImage, sizeText, type Image } from './image.js';
import { resizeBox, resizeBoxInto, type Box } from './resize.js';

/**
 * `cover`: the largest centred piece of the right proportions, resized; `contain`: the whole image, resized and centred on mid-grey; `stretch`: the whole image,
 * proportions given up; `exact`: no resizing, any other size is an error.
 */
export const SizePolicySchema = Type.Object(
  {
    height: Type.Integer({ minimum: 1, description: 'rows of pixels' }),
    width: Type.Integer({ minimum: 1, description: 'columns of pixels' }),
    fit: Type.Union([Type.Literal('cover'), Type.Literal('contain'), Type.Literal('stretch'), Type.Literal('exact')]),
  },
  { additionalProperties: false },
);
export type SizePolicy = Static<typeof SizePolicySchema>;

/** The level that fills what a contained image leaves free: the middle of the range, so that it carries neither light nor dark. */
const FILL = 128;

/** The image in the policy's size; the image itself where it has that size already. Throws `mismatch` for another size under `exact`. */
export function fitImage(image: Image, policy: SizePolicy): Image {
  if (image.height === policy.height && image.width === policy.width) return image;
  const whole = { top: 0, left: 0, height: image.height, width: image.width };
  switch (policy.fit) {
    case 'stretch':
      return resizeBox(image, whole, policy);
    case 'cover':
      return resizeBox(image, coveringBox(image, policy), policy);
    case 'contain':
      return contain(image, whole, policy);
    case 'exact':
      throw new RobencError('mismatch', `An image is ${sizeText(image)}, and ${sizeText(policy)} is wanted. Pass --resize to have images resized.`, {
        field: 'resize',
      });
  }
}

/** The largest centred box with the proportions of the policy; left and top are rounded down. */
function coveringBox(image: Image, policy: SizePolicy): Box {
  const height = Math.min(image.height, Math.max(1, Math.round((image.width * policy.height) / policy.width)));
  const width = Math.min(image.width, Math.max(1, Math.round((image.height * policy.width) / policy.height)));
  return { top: (image.height - height) >> 1, left: (image.width - width) >> 1, height, width };
}

function contain(image: Image, whole: Box, policy: SizePolicy): Image {
  const scale = Math.min(policy.height / image.height, policy.width / image.width);
  const height = Math.min(policy.height, Math.max(1, Math.round(image.height * scale)));
  const width = Math.min(policy.width, Math.max(1, Math.round(image.width * scale)));
  const inner = blankImage(height, width);
  resizeBoxInto(image, whole, false, inner);
  const result = blankImage(policy.height, policy.width);
  result.data.fill(FILL);
  const top = (policy.height - height) >> 1;
  const left = (policy.width - width) >> 1;
  for (let y = 0; y < height; y++) result.data.set(inner.data.subarray(y * width * 3, (y + 1) * width * 3), ((top + y) * policy.width + left) * 3);
  return result;
}
