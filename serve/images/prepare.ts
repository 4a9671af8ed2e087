/** @file From the bytes of an image file to model input; the one way for the server and for the batch commands. */
import { cutCrops } from '@robenc/shared/evaluation/crops.js';
import { decodeImage } from '@robenc/shared/images/decode.js';
import { fitImage } from '@robenc/shared/images/fit.js';
import { toTensor } from '@robenc/shared/images/image.js';
import type { PreparedImage, Recipe } from './recipe.js';

/** Throws `bad-input` for bytes that are no image, or one with too many pixels. */
export async function prepareImage(
  bytes: Uint8Array,
  { policy, maxPixels, crops }: Recipe,
  { seconds = 0 }: { seconds?: number } = {},
): Promise<PreparedImage> {
  const image = await decodeImage(bytes, { maxPixels, seconds });
  const fitted = fitImage(image, policy);
  // One id for all images: the same image and seed give the same crops in whatever request, at whatever place.
  const pieces = crops === null ? [fitted] : cutCrops({ ...crops, output: policy }, 'image', fitted);
  return { rows: pieces.length, data: toTensor(pieces).data as Float32Array, width: image.width, height: image.height };
}
