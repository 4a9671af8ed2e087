/** @file Cutting a box out of an image and resizing it on 8-bit values, in integers, exactly as Pillow does. */
import { RobencError } from '../errors.js';
import { axisFilter, FRACTION_BITS, type AxisFilter } from './filter.js';
import { blankImage, sizeText, type Image } from './image.js';

/** A rectangle of pixels: its top left corner and its size. */
export interface Box {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

export interface Size {
  readonly height: number;
  readonly width: number;
}

const HALF = 1 << (FRACTION_BITS - 1);

/** Rows between the two passes; grown when needed, never given out. */
let rows = new Uint8Array(0);

/**
 * The pixels of `box` resized to `out`, bilinear and antialiased; equal to `crop(...).resize(..., BILINEAR)` of Pillow 11: horizontal pass first, each pass
 * rounded to 8 bits. (Pillow 13 does the vertical pass first for some sizes, which moves a fifth of the values there by one level.) `flip` mirrors the result left to right.
 * Throws `bad-input` for a box that is empty, not in whole pixels, or reaches outside of the image.
 */
export function resizeBox(image: Image, box: Box, out: Size, flip = false): Image {
  const result = blankImage(out.height, out.width);
  resizeBoxInto(image, box, flip, result);
  return result;
}

/** As `resizeBox`, writing over `result`, whose size says what to resize to. Allocates nothing once its buffers have grown. */
export function resizeBoxInto(image: Image, box: Box, flip: boolean, result: Image): void {
  checkBox(image, box, result);
  const size = box.height * result.width * 3;
  if (rows.length < size) rows = new Uint8Array(size);
  resizeRows(image, box, axisFilter(box.width, result.width), flip, result.width);
  resizeColumns(axisFilter(box.height, result.height), result);
}

/** Horizontal pass: box [h,w] of the image to `rows` [h,outWidth]. Enlarging needs two neighbours; unrolled, that takes half of the time. */
function resizeRows(image: Image, box: Box, filter: AxisFilter, flip: boolean, outWidth: number): void {
  const { starts, counts, fixed, taps } = filter;
  const { data } = image;
  const stride = image.width * 3;
  for (let x = 0; x < outWidth; x++) {
    const length = counts[x]! * 3;
    const weight = x * taps;
    const first = fixed[weight]!;
    const second = fixed[weight + 1]!;
    let source = (box.top * image.width + box.left + starts[x]!) * 3;
    let target = (flip ? outWidth - 1 - x : x) * 3;
    for (let y = 0; y < box.height; y++, source += stride, target += outWidth * 3) {
      if (length === 6) {
        rows[target] = (data[source]! * first + data[source + 3]! * second + HALF) >> FRACTION_BITS;
        rows[target + 1] = (data[source + 1]! * first + data[source + 4]! * second + HALF) >> FRACTION_BITS;
        rows[target + 2] = (data[source + 2]! * first + data[source + 5]! * second + HALF) >> FRACTION_BITS;
        continue;
      }
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      for (let k = 0, w = weight; k < length; k += 3, w++) {
        const factor = fixed[w]!;
        red += data[source + k]! * factor;
        green += data[source + k + 1]! * factor;
        blue += data[source + k + 2]! * factor;
      }
      rows[target] = red >> FRACTION_BITS;
      rows[target + 1] = green >> FRACTION_BITS;
      rows[target + 2] = blue >> FRACTION_BITS;
    }
  }
}

/** Vertical pass: `rows` [h,outWidth] to the result. */
function resizeColumns(filter: AxisFilter, { data, width, height }: Image): void {
  const { starts, counts, fixed, taps } = filter;
  const stride = width * 3;
  for (let y = 0, target = 0; y < height; y++) {
    const start = starts[y]! * stride;
    const length = counts[y]! * stride;
    const weight = y * taps;
    const first = fixed[weight]!;
    const second = fixed[weight + 1]!;
    for (let source = start; source < start + stride; source++, target++) {
      let sum = HALF + rows[source]! * first;
      if (length === 2 * stride) sum += rows[source + stride]! * second;
      else for (let k = stride, w = weight + 1; k < length; k += stride, w++) sum += rows[source + k]! * fixed[w]!;
      data[target] = sum >> FRACTION_BITS;
    }
  }
}

function checkBox(image: Image, box: Box, out: Size): void {
  const { top, left, height, width } = box;
  const whole = [top, left, height, width, out.height, out.width].every(Number.isInteger);
  if (
    whole &&
    top >= 0 &&
    left >= 0 &&
    height > 0 &&
    width > 0 &&
    out.height > 0 &&
    out.width > 0 &&
    top + height <= image.height &&
    left + width <= image.width
  )
    return;
  throw new RobencError(
    'bad-input',
    `Box top ${top}, left ${left}, ${sizeText(box)}, to be resized to ${sizeText(out)}, is not a box of whole pixels inside an image of ${sizeText(image)}.`,
    { field: 'box' },
  );
}
