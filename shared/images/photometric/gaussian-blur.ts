/** @file Gaussian blur as three box blurs each way, with the fractional box widths of Gwosdek et al. 2011. Equal to Pillow's `ImageFilter.GaussianBlur`. */
import type { PhotometricOperation } from './operation.js';

const PASSES = 3;
const { fround } = Math;

/** Two lines that take turns as source and target; grown when needed. Each holds `margin` copies of its end pixels before and after. */
let lineA = new Uint8Array(0);
let lineB = new Uint8Array(0);

/** Radius (with a fractional part) of the box whose blur, done three times, has the variance sigma^2; equations 7, 11 and 14 there, in Pillow's float32 steps. */
export function boxRadius(sigma: number): number {
  const s = fround(sigma);
  const variance = fround(fround(s * s) / PASSES);
  const length = fround(Math.sqrt(12 * variance + 1));
  const whole = Math.floor((length - 1) / 2);
  const a = fround((2 * whole + 1) * fround(whole * (whole + 1) - fround(3 * variance)));
  return fround(whole + fround(a / fround(6 * fround(variance - (whole + 1) * (whole + 1)))));
}

/** Each pixel becomes the weighted mean of its surroundings; outside of the image its border goes on. */
const gaussianBlur: PhotometricOperation = {
  name: 'gaussian_blur',
  amount: 'standard deviation in pixels, above 0',
  apply({ data, width, height }, amount) {
    const radius = boxRadius(amount);
    for (let y = 0; y < height; y++) for (let channel = 0; channel < 3; channel++) blurLine(data, y * width * 3 + channel, 3, width, radius);
    for (let x = 0; x < width; x++) for (let channel = 0; channel < 3; channel++) blurLine(data, x * 3 + channel, width * 3, height, radius);
  },
};
export default gaussianBlur;

/** Blurs `count` bytes from `start`, `stride` apart, in place. Each pass is rounded to 8 bits, as Pillow's are. */
function blurLine(data: Uint8Array, start: number, stride: number, count: number, radius: number): void {
  const whole = Math.floor(radius);
  const margin = whole + 1;
  if (lineA.length < count + 2 * margin) {
    lineA = new Uint8Array(count + 2 * margin);
    lineB = new Uint8Array(count + 2 * margin);
  }
  // Weights of the whole pixels and of the two outermost ones, in units of 2^-24; 255 times their sum stays below 2^32.
  const inner = Math.trunc(fround((1 << 24) / fround(radius * 2 + 1)));
  const outer = ((1 << 24) - (2 * whole + 1) * inner) >>> 1;
  let from = lineA;
  let to = lineB;
  for (let i = 0, source = start; i < count; i++, source += stride) from[margin + i] = data[source]!;
  for (let pass = 0; pass < PASSES; pass++) {
    from.fill(from[margin]!, 0, margin);
    from.fill(from[margin + count - 1]!, margin + count, count + 2 * margin);
    let sum = 0;
    for (let i = 0; i <= 2 * whole; i++) sum += from[i]!;
    for (let i = 0; i < count; i++) {
      sum += from[i + 2 * whole + 1]! - from[i]!;
      to[margin + i] = (Math.imul(sum, inner) + Math.imul(from[i]! + from[i + 2 * margin]!, outer) + (1 << 23)) >>> 24;
    }
    const swap = from;
    from = to;
    to = swap;
  }
  for (let i = 0, target = start; i < count; i++, target += stride) data[target] = from[margin + i]!;
}
