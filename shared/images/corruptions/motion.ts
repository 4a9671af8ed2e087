/** @file Blur of a moving camera: a half of a normal kernel along a line. */
import type { Corruption, Planes } from './corruption.js';
import { convolve } from './filters.js';

/** Each pixel is the mean of itself and the 2 · `radius` next ones in a direction (degrees), weighted by the half of a normal curve of deviation `sigma`. */
export function smear(image: Planes, radius: number, sigma: number, angle: number): Planes {
  const weights = Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-(i * i) / (2 * sigma * sigma)));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const [cos, sin] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)];
  const kernel = {
    dx: weights.map((_, i) => Math.round(i * cos)),
    dy: weights.map((_, i) => Math.round(i * sin)),
    weights: weights.map((weight) => weight / sum),
  };
  return convolve(image, kernel, 'edge');
}

/** [radius, deviation], at a random angle of -45 to 45 degrees. */
export const motionBlur: Corruption<readonly [number, number]> = {
  name: 'motion-blur',
  group: 'blur',
  small: [
    [6, 1],
    [6, 1.5],
    [6, 2],
    [8, 2],
    [9, 2.5],
  ],
  large: [
    [10, 3],
    [15, 5],
    [15, 8],
    [15, 12],
    [20, 15],
  ],
  apply: (image, [radius, sigma], random) => smear(image, radius, sigma, random.uniform(-45, 45)),
};
