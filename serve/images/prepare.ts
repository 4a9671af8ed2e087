/** @file From the bytes of an image file to model input; the one way for the server and for the batch commands. */
import { cropSchemes } from '@robenc/shared/images/crops/index.js';
import { decodeImage } from '@robenc/shared/images/decode.js';
import { fitImage } from '@robenc/shared/images/fit.js';
import { toTensor, type Image } from '@robenc/shared/images/image.js';
import { resizeBox } from '@robenc/shared/images/resize.js';
import { Random } from '@robenc/shared/math/random.js';
import type { CropRequest, PreparedImage, Recipe } from './recipe.js';

/** Throws `bad-input` for bytes that are no image, or one with too many pixels. */
export async function prepareImage(bytes: Uint8Array, { policy, maxPixels, crops }: Recipe): Promise<PreparedImage> {
  const image = await decodeImage(bytes, { maxPixels });
  const fitted = fitImage(image, policy);
  const pieces = crops === null ? [fitted] : cutCrops(fitted, crops);
  return { rows: pieces.length, data: toTensor(pieces).data as Float32Array, width: image.width, height: image.height };
}

/** Crops of the fitted image, each resized to its size: what the encoder saw in training. */
function cutCrops(image: Image, { count, scheme, seed }: CropRequest): Image[] {
  const { sample } = cropSchemes.get(scheme);
  const random = new Random(seed, 'crops');
  return Array.from({ length: count }, () => {
    const crop = sample(random, image.height, image.width);
    return resizeBox(image, crop, image, crop.flip);
  });
}
