/** @file Fog and snow. */
import type { Random } from '../../math/random.js';
import type { Corruption, Planes } from './corruption.js';
import { zoom } from './filters.js';
import { smear } from './motion.js';

/** [how thick, how fast its detail fades] */
export const fog: Corruption<readonly [number, number]> = {
  name: 'fog',
  group: 'weather',
  small: [
    [0.2, 3],
    [0.5, 3],
    [0.75, 2.5],
    [1, 2],
    [1.5, 1.75],
  ],
  large: [
    [1.5, 2],
    [2, 2],
    [2.5, 1.7],
    [2.5, 1.5],
    [3, 1.4],
  ],
  apply({ width, height, data }, [thick, fade], random) {
    const side = 2 ** Math.ceil(Math.log2(Math.max(width, height, 2)));
    const cloud = plasma(side, fade, random);
    const brightest = data.reduce((most, value) => Math.max(most, value), 0);
    const area = width * height;
    return {
      width,
      height,
      data: data.map((value, i) => {
        const [y, x] = [Math.floor((i % area) / width), i % width];
        return ((value + thick * cloud[y * side + x]!) * brightest) / (brightest + thick);
      }),
    };
  },
};

/**
 * A cloud [side,side] in [0,1] on a torus by midpoint displacement (diamond-square, Fournier, Fussell and Carpenter 1982): every new point is the mean of four
 * neighbours and a random move, which shrinks by `fade` with every halving.
 */
function plasma(side: number, fade: number, random: Random): Float64Array {
  const map = new Float64Array(side * side);
  const at = (x: number, y: number) => map[((y + side) % side) * side + ((x + side) % side)]!;
  let move = 100;
  const mean = (...values: number[]) => values.reduce((sum, value) => sum + value, 0) / 4 + move * random.uniform(-move, move);
  for (let step = side; step >= 2; step /= 2) {
    const half = step / 2;
    for (let y = half; y < side; y += step)
      for (let x = half; x < side; x += step)
        map[y * side + x] = mean(at(x - half, y - half), at(x + half, y - half), at(x - half, y + half), at(x + half, y + half));
    for (let y = 0; y < side; y += half)
      for (let x = y % step === 0 ? half : 0; x < side; x += step) map[y * side + x] = mean(at(x - half, y), at(x + half, y), at(x, y - half), at(x, y + half));
    move /= fade;
  }
  const [least, most] = map.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
  return map.map((value) => (value - least) / (most - least));
}

/** [mean and deviation of the flakes, their size, the least bright one, radius and deviation of their fall, how much of the colours is kept] */
export const snow: Corruption<readonly [number, number, number, number, number, number, number]> = {
  name: 'snow',
  group: 'weather',
  small: [
    [0.1, 0.2, 1, 0.6, 8, 3, 0.95],
    [0.1, 0.2, 1, 0.5, 10, 4, 0.9],
    [0.15, 0.3, 1.75, 0.55, 10, 4, 0.9],
    [0.25, 0.3, 2.25, 0.6, 12, 6, 0.85],
    [0.3, 0.3, 1.25, 0.65, 14, 12, 0.8],
  ],
  large: [
    [0.1, 0.3, 3, 0.5, 10, 4, 0.8],
    [0.2, 0.3, 2, 0.5, 12, 4, 0.7],
    [0.55, 0.3, 4, 0.9, 12, 8, 0.7],
    [0.55, 0.3, 4.5, 0.85, 12, 8, 0.65],
    [0.55, 0.3, 2.5, 0.85, 12, 12, 0.55],
  ],
  apply({ width, height, data }, [mean, deviation, size, least, radius, sigma, kept], random) {
    const area = width * height;
    const flakes: Planes = { width, height, data: Float32Array.from({ length: area }, () => mean + deviation * random.normal()) };
    const large = zoom(flakes, size);
    const layer = { width, height, data: large.data.map((value) => (value < least ? 0 : Math.min(value, 1))) };
    const fall = smear(layer, radius, sigma, random.uniform(-135, -45)).data;
    const result = new Float32Array(data.length);
    for (let i = 0; i < area; i++) {
      const grey = 0.299 * data[i]! + 0.587 * data[area + i]! + 0.114 * data[2 * area + i]!;
      // The layer and the same turned by 180 degrees.
      const white = fall[i]! + fall[area - 1 - i]!;
      for (let plane = i; plane < data.length; plane += area)
        result[plane] = kept * data[plane]! + (1 - kept) * Math.max(data[plane]!, 1.5 * grey + 0.5) + white;
    }
    return { width, height, data: result };
  },
};
