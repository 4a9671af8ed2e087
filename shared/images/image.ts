/** @file Images as bytes, and their way to and from float tensors. */
import { RobencError } from '../errors.js';
import type { TensorData } from '../graph/value.js';

/** An RGB photograph: 8 bits a channel, rows from the top, channels interleaved (HWC). */
export interface Image {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** value/255 as float32 for every byte: what torchvision's `ToTensor` computes. */
const UNIT = Float32Array.from({ length: 256 }, (_, value) => value / 255);

/** A black image, height x width. */
export function blankImage(height: number, width: number): Image {
  return { width, height, data: new Uint8Array(height * width * 3) };
}

/** Writes an image as float32 [3,height,width] in [0,1] into `out` at `offset`. */
export function writePlanes(image: Image, out: Float32Array, offset: number): void {
  const { data } = image;
  const area = image.width * image.height;
  for (let i = 0, j = 0; i < area; i++, j += 3) {
    out[offset + i] = UNIT[data[j]!]!;
    out[offset + area + i] = UNIT[data[j + 1]!]!;
    out[offset + 2 * area + i] = UNIT[data[j + 2]!]!;
  }
}

/** Images of one size as float32 [n,3,height,width] in [0,1]. Throws `mismatch` when their sizes differ, `bad-input` when there are none. */
export function toTensor(images: readonly Image[]): TensorData {
  const first = images[0];
  if (first === undefined) throw new RobencError('bad-input', 'No images: a tensor needs at least one.');
  const { width, height } = first;
  const size = 3 * height * width;
  const data = new Float32Array(images.length * size);
  images.forEach((image, i) => {
    if (image.width !== width || image.height !== height)
      throw new RobencError('mismatch', `Image ${i} is ${sizeText(image)} and image 0 is ${sizeText(first)}: fit them to one size first.`);
    writePlanes(image, data, i * size);
  });
  return { dtype: 'float32', shape: [images.length, 3, height, width], data };
}

/** The image at `offset` of float data [3,height,width] in [0,1]; values are clipped and rounded to the nearest of 256 levels. */
export function fromTensor(data: Float32Array, height: number, width: number, offset = 0): Image {
  const area = height * width;
  const image = blankImage(height, width);
  for (let i = 0, j = 0; i < area; i++)
    for (let channel = 0; channel < 3; channel++, j++) {
      const value = Math.round(data[offset + channel * area + i]! * 255);
      image.data[j] = value < 0 ? 0 : value > 255 ? 255 : value;
    }
  return image;
}

/** A size in words: `height x width`, e.g. `32x48` (32 rows of 48 pixels). */
export function sizeText({ height, width }: { height: number; width: number }): string {
  return `${height}x${width} (height x width)`;
}
