/** @file Spatter: drops of water on the lens, and mud. */
import type { Corruption, Planes } from './corruption.js';
import { distances, edges, equalised, mean3 } from './edges.js';
import { convolve, normalBlur } from './filters.js';

/** [mean and deviation of the liquid, how far it spreads, the least of it that is seen, how thick water is or how far mud is smoothed, mud instead of water] */
type Constants = readonly [number, number, number, number, number, 0 | 1];

/** Red, green, blue: pale turquoise, and brown. */
const [WATER, MUD] = [[175, 238, 238] as const, [63, 42, 20] as const];
/** Mud that is thinner is not there. */
const THIN = 0.8;
/** Levels of Canny, and the farthest distance from an edge that counts, in pixels. */
const [LOW, HIGH, FAR] = [50, 150, 20];
/** Light from the upper left, on slopes. */
export const EMBOSS = { dx: [-1, 0, -1, 0, 1, 0, 1], dy: [-1, -1, 0, 0, 0, 1, 1], weights: [-2, -1, -1, 1, 1, 1, 2] };

export const spatter: Corruption<Constants> = {
  name: 'spatter',
  group: 'weather',
  extra: true,
  small: [
    [0.62, 0.1, 0.7, 0.7, 0.5, 0],
    [0.65, 0.1, 0.8, 0.7, 0.5, 0],
    [0.65, 0.3, 1, 0.69, 0.5, 0],
    [0.65, 0.1, 0.7, 0.69, 0.6, 1],
    [0.65, 0.1, 0.5, 0.68, 0.6, 1],
  ],
  large: [
    [0.65, 0.3, 4, 0.69, 0.6, 0],
    [0.65, 0.3, 3, 0.68, 0.6, 0],
    [0.65, 0.3, 2, 0.68, 0.5, 0],
    [0.65, 0.3, 1, 0.65, 1.5, 1],
    [0.67, 0.4, 1, 0.65, 1.5, 1],
  ],
  apply({ width, height, data }, [mean, deviation, spread, least, thickness, isMud], random) {
    const area = width * height;
    const drawn: Planes = { width, height, data: Float32Array.from({ length: area }, () => mean + deviation * random.normal()) };
    const liquid = { ...drawn, data: normalBlur(drawn, spread).data.map((value) => (value < least ? 0 : value)) };
    const layer = isMud === 1 ? mud(liquid, thickness) : water(liquid, thickness);
    const colour = isMud === 1 ? MUD : WATER;
    return {
      width,
      height,
      data: data.map((value, i) => {
        const cover = layer[i % area]!;
        return (isMud === 1 ? value * (1 - cover) : value) + (cover * colour[Math.floor(i / area)]!) / 255;
      }),
    };
  },
};

/** Bright where the liquid is thick and its rim faces the light. */
function water(liquid: Planes, thickness: number): Float32Array {
  const { width, height } = liquid;
  const levels = { width, height, data: liquid.data.map((value) => Math.floor(255 * Math.min(Math.max(value, 0), 1))) };
  const far = distances(edges(levels, LOW, HIGH), width, height, FAR);
  const even = equalised(mean3({ width, height, data: far }).data.map(Math.floor));
  const lit = convolve({ width, height, data: even }, EMBOSS, 'mirror').data.map((value) => Math.min(Math.max(value, 0), 255));
  const soft = mean3({ width, height, data: lit }).data.map(Math.round);
  const product = levels.data.map((value, i) => value * soft[i]!);
  const most = product.reduce((largest, value) => Math.max(largest, value), 0);
  return most === 0 ? product : product.map((value) => (thickness * value) / most);
}

function mud(liquid: Planes, smoothing: number): Float32Array {
  const where = { ...liquid, data: liquid.data.map((value) => (value > 0 ? 1 : 0)) };
  return normalBlur(where, smoothing).data.map((value) => (value < THIN ? 0 : value));
}
