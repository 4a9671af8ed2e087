/** @file Filters of planes that several corruptions share: normal blur, convolution, sampling between pixels, zoom. */
import type { Planes } from './corruption.js';

/** The index that a mirror at the border shows: -1 is 1 (`edge` false, the border pixel once) or 0 (`edge` true, twice). */
export function mirrored(index: number, size: number, edge: boolean): number {
  if (size === 1) return 0;
  const period = edge ? 2 * size : 2 * size - 2;
  const within = ((index % period) + period) % period;
  return within < size ? within : (edge ? 2 * size - 1 : 2 * size - 2) - within;
}

/** Normal blur of deviation `sigma` in pixels, cut off at `cut` deviations; outside the border pixel goes on, or the image is mirrored. */
export function normalBlur(image: Planes, sigma: number, { cut = 4, mirror = false } = {}): Planes {
  const reach = Math.floor(cut * sigma + 0.5);
  if (reach === 0) return image;
  const weights = Float64Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-((i - reach) ** 2) / (2 * sigma * sigma)));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const at = (index: number, size: number) => (mirror ? mirrored(index, size, true) : Math.min(Math.max(index, 0), size - 1));
  const { width, height, data } = image;
  const along = (source: Float32Array, size: number, stride: number): Float32Array => {
    const places = Int32Array.from({ length: size + 2 * reach }, (_, i) => at(i - reach, size) * stride);
    return source.map((_, i) => {
      const place = Math.floor(i / stride) % size;
      const start = i - place * stride;
      let total = 0;
      for (let k = 0; k < weights.length; k++) total += weights[k]! * source[start + places[place + k]!]!;
      return total / sum;
    });
  };
  return { width, height, data: along(along(data, width, 1), height, width) };
}

/** A square kernel of odd side, as the offsets of what in it is not zero. */
export interface Kernel {
  readonly dx: readonly number[];
  readonly dy: readonly number[];
  readonly weights: readonly number[];
}

/** The weighted sum of the pixels around each one; outside the image is mirrored, or its border pixel goes on. */
export function convolve({ width, height, data }: Planes, { dx, dy, weights }: Kernel, border: 'mirror' | 'edge'): Planes {
  const at = (index: number, size: number) => (border === 'mirror' ? mirrored(index, size, false) : Math.min(Math.max(index, 0), size - 1));
  const columns = dx.map((d) => Int32Array.from({ length: width }, (_, x) => at(x + d, width)));
  const rows = dy.map((d) => Int32Array.from({ length: height }, (_, y) => at(y + d, height) * width));
  const result = new Float32Array(data.length);
  for (let plane = 0; plane < data.length; plane += width * height)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        let sum = 0;
        for (let k = 0; k < weights.length; k++) sum += weights[k]! * data[plane + rows[k]![y]! + columns[k]![x]!]!;
        result[plane + y * width + x] = sum;
      }
  return { width, height, data: result };
}

/** Every pixel taken from elsewhere, between pixels linearly: `place` gives the coordinates of the source [x, y]. Outside the image is mirrored. */
export function sample({ width, height, data }: Planes, place: (x: number, y: number) => readonly [number, number], edge: boolean): Planes {
  const result = new Float32Array(data.length);
  const area = width * height;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [sx, sy] = place(x, y);
      const [x0, y0] = [Math.floor(sx), Math.floor(sy)];
      const [fx, fy] = [sx - x0, sy - y0];
      const [left, right] = [mirrored(x0, width, edge), mirrored(x0 + 1, width, edge)];
      const [top, bottom] = [mirrored(y0, height, edge) * width, mirrored(y0 + 1, height, edge) * width];
      for (let plane = 0; plane < data.length; plane += area) {
        const above = data[plane + top + left]! * (1 - fx) + data[plane + top + right]! * fx;
        const below = data[plane + bottom + left]! * (1 - fx) + data[plane + bottom + right]! * fx;
        result[plane + y * width + x] = above * (1 - fy) + below * fy;
      }
    }
  return { width, height, data: result };
}

/** The middle of the image enlarged by `factor` ≥ 1 to its whole size, linearly. */
export function zoom(image: Planes, factor: number): Planes {
  const axis = (size: number) => {
    const inside = Math.ceil(size / factor);
    const enlarged = Math.round(inside * factor);
    const [start, trim] = [(size - inside) >> 1, (enlarged - size) >> 1];
    const scale = enlarged > 1 ? (inside - 1) / (enlarged - 1) : 0;
    return (index: number) => start + (index + trim) * scale;
  };
  const [column, row] = [axis(image.width), axis(image.height)];
  return sample(image, (x, y) => [column(x), row(y)], true);
}
