/** @file Pixels that come as numbers: what is a pixel from 0 to 1, and what the numbers seem to be where they are none. */
import { RobencError } from '../errors.js';

/** What resizing and divisions by 255 leave outside of [0,1], e.g. -3e-8. */
const TOLERANCE = 1e-6;
/** From here on they are no pixels that overshot. */
const LEVELS = 2;
/** 1 as a float32. */
const BITS_OF_ONE = 0x3f800000;

/** The pixels, with what rounding put outside of [0,1] clipped. Throws `bad-input` that says what the numbers seem to be, and what to do. */
export function checkedPixels(data: Float32Array): Float32Array {
  if (data.length === 0) throw refusal('There are no pixels: the array is empty. Send at least one image.');
  return seemsFine(data) ? data : clippedOrRefused(data);
}

/**
 * Every pixel that a server is sent comes by here, and nearly all are as they should be. The bits of positive numbers are in the order of the numbers, and those
 * of negative ones are negative integers: none is if neither they nor their distances from 1 have a sign, which needs no branch. False also for a -0.
 */
function seemsFine(data: Float32Array): boolean {
  const bits = new Int32Array(data.buffer, data.byteOffset, data.length);
  const whole = bits.length & ~3;
  let signs = 0;
  for (let i = 0; i < whole; i += 4) {
    const [a, b, c, d] = [bits[i]!, bits[i + 1]!, bits[i + 2]!, bits[i + 3]!];
    signs |= a | b | c | d | (BITS_OF_ONE - a) | (BITS_OF_ONE - b) | (BITS_OF_ONE - c) | (BITS_OF_ONE - d);
  }
  for (let i = whole; i < bits.length; i++) signs |= bits[i]! | (BITS_OF_ONE - bits[i]!);
  return signs >= 0;
}

function clippedOrRefused(data: Float32Array): Float32Array {
  let [low, high, outside] = [Infinity, -Infinity, -1];
  for (const [i, value] of data.entries()) {
    if (!Number.isFinite(value)) throw refusal(`Value ${i} of the array is ${value}; pixels must be numbers from 0 to 1. Look at what made it.`);
    if (value < low) low = value;
    if (value > high) high = value;
    if (outside < 0 && (value < -TOLERANCE || value > 1 + TOLERANCE)) outside = i;
  }
  if (outside < 0) return data.map((value) => Math.min(Math.max(value, 0), 1));
  const range = `The values run from ${low} to ${high}`;
  if (low < -TOLERANCE && high <= 100)
    throw refusal(`${range}, as if mean and deviation had been applied. Send the pixels before that, from 0 to 1; the normalisation belongs to the model.`);
  if (high > LEVELS) throw refusal(`${range}, as levels from 0 to 255 do. Divide them by 255, or send them as uint8.`);
  throw refusal(`Value ${outside} of the array is ${data[outside]}; pixels must be numbers from 0 to 1.`);
}

function refusal(message: string): RobencError {
  return new RobencError('bad-input', message);
}
