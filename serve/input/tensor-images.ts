/** @file Pixels that were sent as numbers, as model input: no decoding, no resizing. */
import { cutCrops } from '@robenc/shared/evaluation/crops.js';
import type { TensorData } from '@robenc/shared/graph/value.js';
import { checkedPixels } from '@robenc/shared/images/pixel-range.js';
import { messageOf } from '@robenc/shared/errors.js';
import { toTensor, type Image } from '@robenc/shared/images/image.js';
import type { ServedModel } from '../engine/model.js';
import { sizePolicyOf } from '../engine/model.js';
import { ApiError } from '../errors.js';
import type { CropRequest, PreparedImage } from '../images/recipe.js';

/**
 * [n,3,H,W] float32 in [0,1] or uint8, or [n,H,W,3] uint8, of the model's own size (a single image may lack the first axis). Throws `bad_input` naming `tensor`.
 * With crops only uint8 will do, because crops are cut from 8-bit images everywhere.
 */
export function tensorImages(tensor: TensorData, model: ServedModel, crops: CropRequest | null): PreparedImage[] {
  const { height, width } = model.input;
  const shape = tensor.shape.length === 3 ? [1, ...tensor.shape] : tensor.shape;
  const planar = shape.length === 4 && shape[1] === 3 && shape[2] === height && shape[3] === width;
  const interleaved = tensor.dtype === 'uint8' && shape.length === 4 && shape[1] === height && shape[2] === width && shape[3] === 3;
  if (!planar && !interleaved)
    throw refusal(
      `The array is ${tensor.dtype} [${tensor.shape.join(',')}]; ${model.id} takes float32 or uint8 [n,3,${height},${width}], or uint8 [n,${height},${width},3].`,
    );
  const count = shape[0]!;
  const size = 3 * height * width;
  if (tensor.dtype === 'float32') {
    if (crops !== null) throw refusal('Crops are cut from 8-bit pixels; send uint8.');
    const data = pixelsOf(tensor.data as Float32Array);
    return Array.from({ length: count }, (_, i) => ({ rows: 1, data: data.subarray(i * size, (i + 1) * size), width, height }));
  }
  const bytes = tensor.data as Uint8Array;
  return Array.from({ length: count }, (_, i) => {
    const one = bytes.subarray(i * size, (i + 1) * size);
    const image: Image = { width, height, data: interleaved ? one : interleave(one, height * width) };
    const pieces = crops === null ? [image] : cutCrops({ ...crops, output: sizePolicyOf(model) }, 'image', image);
    return { rows: pieces.length, data: toTensor(pieces).data as Float32Array, width, height };
  });
}

function pixelsOf(data: Float32Array): Float32Array {
  try {
    return checkedPixels(data);
  } catch (error) {
    throw refusal(messageOf(error));
  }
}

function interleave(planes: Uint8Array, area: number): Uint8Array {
  const result = new Uint8Array(3 * area);
  for (let i = 0; i < area; i++) for (let channel = 0; channel < 3; channel++) result[3 * i + channel] = planes[channel * area + i]!;
  return result;
}

function refusal(message: string): ApiError {
  return new ApiError('bad_input', message, { field: 'tensor' });
}
