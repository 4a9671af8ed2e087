/** @file What a photometric operation is, and the two pieces that several of them share: luma and blending. */
import type { Image } from '../image.js';

export interface PhotometricOperation {
  readonly name: string;
  /** What `amount` means, with its range; operations without one ignore it. */
  readonly amount: string;
  /** Changes the image in place: augmentation runs millions of these, and a copy would cost more than the operation. */
  apply(image: Image, amount: number): void;
}

/** ITU-R 601-2 luma of a colour in 0..255, in 16-bit fixed point as Pillow's `convert("L")` has it. */
export function luma(red: number, green: number, blue: number): number {
  return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
}

/**
 * from + amount * (to - from) in float32, cut to 0..255 and rounded down: Pillow's `Image.blend` for one value. `product` is `fround(amount * (to - from))`.
 * Where the amount is 0 or 1 Pillow copies; the formula gives the same.
 */
export function blend(from: number, product: number): number {
  const value = Math.fround(from + product);
  return value <= 0 ? 0 : value >= 255 ? 255 : value | 0;
}

/** `fround(amount * difference)` for every difference of two bytes: element `difference + 255`. The same array each time, overwritten. */
export function products(amount: number): Float32Array {
  const factor = Math.fround(amount);
  for (let difference = -255; difference <= 255; difference++) PRODUCTS[difference + 255] = factor * difference;
  return PRODUCTS;
}

const PRODUCTS = new Float32Array(511);

/** Replaces every byte of the image by its entry in `lookup` [256]. */
export function applyLookup(image: Image, lookup: Uint8Array): void {
  const { data } = image;
  for (let i = 0; i < data.length; i++) data[i] = lookup[data[i]!]!;
}
