/** @file Noises: normal, of photons, salt and pepper, and speckles. */
import { poisson } from '../../math/poisson.js';
import type { Random } from '../../math/random.js';
import type { Corruption, Planes } from './corruption.js';

/** x + c · normal */
export const gaussianNoise = noise('gaussian-noise', [0.04, 0.06, 0.08, 0.09, 0.1], [0.08, 0.12, 0.18, 0.26, 0.38], (value, c, random) => {
  return value + c * random.normal();
});

/** Poisson(c · x) / c: so many photons at full brightness. */
export const shotNoise = noise('shot-noise', [500, 250, 100, 75, 50], [60, 25, 12, 5, 3], (value, c, random) => poisson(value * c, random) / c);

/** A share c of the values is black or white. */
export const impulseNoise = noise('impulse-noise', [0.01, 0.02, 0.03, 0.05, 0.07], [0.03, 0.06, 0.09, 0.17, 0.27], (value, c, random) => {
  if (random.next() >= c) return value;
  return random.next() < 0.5 ? 0 : 1;
});

/** x + x · c · normal */
export const speckleNoise: Corruption<number> = {
  ...noise('speckle-noise', [0.06, 0.1, 0.12, 0.16, 0.2], [0.15, 0.2, 0.35, 0.45, 0.6], (value, c, random) => value + value * c * random.normal()),
  extra: true,
};

type Five = Corruption<number>['small'];

/** Every value changed by itself. */
function noise(name: string, small: Five, large: Five, change: (value: number, c: number, random: Random) => number): Corruption<number> {
  return {
    name,
    group: 'noise',
    small,
    large,
    apply: ({ width, height, data }: Planes, c, random) => ({ width, height, data: data.map((value) => change(value, c, random)) }),
  };
}
