/** @file Elastic changes of shape, coarse pixels and JPEG. */
import { jpegRoundTrip } from '../decode.js';
import { fromTensor, toTensor } from '../image.js';
import type { Random } from '../../math/random.js';
import type { Corruption, Planes } from './corruption.js';
import { normalBlur, sample } from './filters.js';

/** [how far points move, deviation of the blur of those moves, how far three corners move], as shares of the smaller side. */
type Elastic = readonly [number, number, number];

/** ImageNet-C reckons with a side of 244 at images of 224. */
const scaled = (c: Elastic): Elastic => c.map((value) => (value * 244) / 224) as unknown as Elastic;

export const elastic: Corruption<Elastic> = {
  name: 'elastic',
  group: 'digital',
  small: [
    [0, 0, 0.08],
    [0.05, 0.2, 0.07],
    [0.08, 0.06, 0.06],
    [0.1, 0.04, 0.05],
    [0.1, 0.03, 0.03],
  ],
  large: [scaled([2, 0.7, 0.1]), scaled([2, 0.08, 0.2]), scaled([0.05, 0.01, 0.02]), scaled([0.07, 0.01, 0.02]), scaled([0.12, 0.01, 0.02])],
  apply(image, constants, random) {
    const { width, height } = image;
    const [move, blur, corners] = constants.map((value) => value * Math.min(width, height)) as unknown as Elastic;
    const tilted = tilt(image, corners, random);
    if (move === 0) return tilted;
    const field = () => {
      const data = Float32Array.from({ length: width * height }, () => random.uniform(-1, 1));
      return normalBlur({ width, height, data }, blur, { cut: 3, mirror: true }).data;
    };
    const [dx, dy] = [field(), field()];
    return sample(tilted, (x, y) => [x + move * dx[y * width + x]!, y + move * dy[y * width + x]!], true);
  },
};

/** The affine map that moves three points of the image each by up to `reach` pixels in either direction. */
function tilt(image: Planes, reach: number, random: Random): Planes {
  const { width, height } = image;
  const square = Math.floor(Math.min(width, height) / 3);
  const [cx, cy] = [Math.floor(width / 2), Math.floor(height / 2)];
  const from = [
    [cx + square, cy + square],
    [cx + square, cy - square],
    [cx - square, cy - square],
  ] as const;
  const to = from.map(([x, y]) => [x + random.uniform(-reach, reach), y + random.uniform(-reach, reach)] as const);
  // Coordinates of a point in the moved triangle, by Cramer's rule: p = to0 + u (to1 - to0) + v (to2 - to0).
  const [[ax, ay], [bx, by], [ex, ey]] = to as unknown as readonly [readonly [number, number], readonly [number, number], readonly [number, number]];
  const determinant = (bx - ax) * (ey - ay) - (ex - ax) * (by - ay);
  if (Math.abs(determinant) < 1e-9) return image;
  return sample(
    image,
    (x, y) => {
      const u = ((x - ax) * (ey - ay) - (ex - ax) * (y - ay)) / determinant;
      const v = ((bx - ax) * (y - ay) - (x - ax) * (by - ay)) / determinant;
      const along = (k: 0 | 1) => from[0][k] + u * (from[1][k] - from[0][k]) + v * (from[2][k] - from[0][k]);
      return [along(0), along(1)];
    },
    false,
  );
}

/** Fewer pixels by the mean over boxes, then each enlarged again: c is the share of the side. */
export const pixelate: Corruption<number> = {
  name: 'pixelate',
  group: 'digital',
  small: [0.95, 0.9, 0.85, 0.75, 0.65],
  large: [0.6, 0.5, 0.4, 0.3, 0.25],
  apply(image, c) {
    const few = resizeByBoxes(image, Math.max(1, Math.floor(image.width * c)), Math.max(1, Math.floor(image.height * c)));
    return resizeByBoxes(few, image.width, image.height);
  },
};

/** Each new pixel is the mean of the old ones whose middle lies in its box, and of the nearest one where none does. */
function resizeByBoxes({ width, height, data }: Planes, newWidth: number, newHeight: number): Planes {
  const spans = (size: number, wanted: number) =>
    Array.from({ length: wanted }, (_, i) => {
      const scale = size / wanted;
      const [middle, half] = [(i + 0.5) * scale, Math.max(scale, 1) / 2];
      return [Math.max(0, Math.floor(middle - half + 0.5)), Math.min(size, Math.floor(middle + half + 0.5))] as const;
    });
  const [columns, rows] = [spans(width, newWidth), spans(height, newHeight)];
  const planes = data.length / (width * height);
  const result = new Float32Array(planes * newWidth * newHeight);
  let at = 0;
  for (let plane = 0; plane < planes; plane++)
    for (const [top, bottom] of rows)
      for (const [left, right] of columns) {
        let sum = 0;
        for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) sum += data[(plane * height + y) * width + x]!;
        result[at++] = sum / ((bottom - top) * (right - left));
      }
  return { width: newWidth, height: newHeight, data: result };
}

/** Saved as JPEG of that quality and read again. */
export const jpeg: Corruption<number> = {
  name: 'jpeg',
  group: 'digital',
  small: [80, 65, 58, 50, 40],
  large: [25, 18, 15, 10, 7],
  async apply({ width, height, data }, quality) {
    const again = await jpegRoundTrip(fromTensor(data, height, width), quality);
    return { width, height, data: toTensor([again]).data as Float32Array };
  },
};
