/** @file Edges of a plane of 8-bit levels, distances to them, and levels spread evenly: what spatter is made of. */
import { mirrored } from './filters.js';
import type { Planes } from './corruption.js';

/** The tangent of 22.5 degrees: a gradient below it points along its axis. */
const TAN = Math.SQRT2 - 1;

/**
 * 1 where there is an edge (Canny, IEEE PAMI 8(6) 1986): where the sum of the absolute Sobel gradients is the largest across the edge, and above `high`, or above
 * `low` and connected to such a place. Outside the border pixel goes on.
 */
export function edges({ width, height, data }: Planes, low: number, high: number): Uint8Array {
  const at = (x: number, y: number) => data[Math.min(Math.max(y, 0), height - 1) * width + Math.min(Math.max(x, 0), width - 1)]!;
  const [dx, dy] = [new Float32Array(data.length), new Float32Array(data.length)];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [a, b, c, d, f, g, h, i] = [
        at(x - 1, y - 1),
        at(x, y - 1),
        at(x + 1, y - 1),
        at(x - 1, y),
        at(x + 1, y),
        at(x - 1, y + 1),
        at(x, y + 1),
        at(x + 1, y + 1),
      ];
      dx[y * width + x] = c + 2 * f + i - a - 2 * d - g;
      dy[y * width + x] = g + 2 * h + i - a - 2 * b - c;
    }
  const size = (x: number, y: number) => (x < 0 || y < 0 || x >= width || y >= height ? 0 : Math.abs(dx[y * width + x]!) + Math.abs(dy[y * width + x]!));
  /** 1: may belong to an edge; 2: does. */
  const marks = new Uint8Array(data.length);
  const strong: number[] = [];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const place = y * width + x;
      const [gx, gy, own] = [dx[place]!, dy[place]!, size(x, y)];
      if (own <= low) continue;
      const [across, along] = [Math.abs(gx), Math.abs(gy)];
      // Of two equal ones side by side the first counts.
      const isPeak =
        along < TAN * across
          ? own > size(x - 1, y) && own >= size(x + 1, y)
          : across < TAN * along
            ? own > size(x, y - 1) && own >= size(x, y + 1)
            : gx * gy >= 0
              ? own > size(x - 1, y - 1) && own > size(x + 1, y + 1)
              : own > size(x + 1, y - 1) && own > size(x - 1, y + 1);
      if (!isPeak) continue;
      marks[place] = own > high ? 2 : 1;
      if (own > high) strong.push(place);
    }
  while (strong.length > 0) {
    const place = strong.pop()!;
    const [x, y] = [place % width, Math.floor(place / width)];
    for (let v = Math.max(y - 1, 0); v <= Math.min(y + 1, height - 1); v++)
      for (let u = Math.max(x - 1, 0); u <= Math.min(x + 1, width - 1); u++) {
        const near = v * width + u;
        if (marks[near] !== 1) continue;
        marks[near] = 2;
        strong.push(near);
      }
  }
  return marks.map((mark) => (mark === 2 ? 1 : 0));
}

/** Steps of a king and a knight, as far as they lie before a pixel in reading order (Borgefors, CVGIP 34, 1986). */
const STEPS: readonly (readonly [number, number, number])[] = [
  [-1, 0, 1],
  [0, -1, 1],
  [-1, -1, 1.4],
  [1, -1, 1.4],
  [-2, -1, 2.1969],
  [2, -1, 2.1969],
  [-1, -2, 2.1969],
  [1, -2, 2.1969],
];

/** From every pixel to the nearest marked one, in pixels, by steps of a king and a knight; at most `most`. */
export function distances(marked: Uint8Array, width: number, height: number, most: number): Float32Array {
  const found = Float32Array.from(marked, (mark) => (mark === 1 ? 0 : most));
  const pass = (order: Iterable<number>, sign: 1 | -1) => {
    for (const place of order) {
      const [x, y] = [place % width, Math.floor(place / width)];
      for (const [dx, dy, length] of STEPS) {
        const [u, v] = [x + sign * dx, y + sign * dy];
        if (u >= 0 && v >= 0 && u < width && v < height) found[place] = Math.min(found[place]!, found[v * width + u]! + length);
      }
    }
  };
  const order = [...found.keys()];
  pass(order, 1);
  pass(order.reverse(), -1);
  return found;
}

/** Levels from 0 to 255 so that all of them are used alike: histogram equalisation. */
export function equalised(levels: Float32Array): Float32Array {
  const counts = new Uint32Array(256);
  for (const level of levels) counts[level]! += 1;
  const first = counts.findIndex((count) => count > 0);
  const others = levels.length - counts[first]!;
  if (others === 0) return levels;
  let below = 0;
  const map = Float32Array.from(counts, (count, level) => (level <= first ? 0 : Math.round((255 * (below += count)) / others)));
  return levels.map((level) => map[level]!);
}

/** The mean over 3×3 pixels; outside the image is mirrored. */
export function mean3({ width, height, data }: Planes): Planes {
  const result = new Float32Array(data.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let v = -1; v <= 1; v++) for (let u = -1; u <= 1; u++) sum += data[mirrored(y + v, height, false) * width + mirrored(x + u, width, false)]!;
      result[y * width + x] = sum / 9;
    }
  return { width, height, data: result };
}
