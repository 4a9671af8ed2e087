/** @file Brightness, contrast and saturation. */
import type { Corruption } from './corruption.js';

/** The largest channel (value of HSV) is raised by c; hue and saturation stay. */
export const brightness: Corruption<number> = {
  name: 'brightness',
  group: 'digital',
  small: [0.05, 0.1, 0.15, 0.2, 0.3],
  large: [0.1, 0.2, 0.3, 0.4, 0.5],
  apply({ width, height, data }, c) {
    const area = width * height;
    return {
      width,
      height,
      data: data.map((value, i) => {
        const largest = largestOf(data, i % area, area);
        const raised = Math.min(largest + c, 1);
        return largest === 0 ? raised : (value / largest) * raised;
      }),
    };
  },
};

/** The distance of each value to the mean of its channel, times c. */
export const contrast: Corruption<number> = {
  name: 'contrast',
  group: 'digital',
  small: [0.75, 0.5, 0.4, 0.3, 0.15],
  large: [0.4, 0.3, 0.2, 0.1, 0.05],
  apply({ width, height, data }, c) {
    const area = width * height;
    const means = Array.from({ length: data.length / area }, (_, k) => data.subarray(k * area, (k + 1) * area).reduce((sum, value) => sum + value, 0) / area);
    return { width, height, data: data.map((value, i) => (value - means[Math.floor(i / area)]!) * c + means[Math.floor(i / area)]!) };
  },
};

/** [factor, summand] of the saturation of HSV; hue and value stay, and grey turns red. */
export const saturate: Corruption<readonly [number, number]> = {
  name: 'saturate',
  group: 'digital',
  extra: true,
  small: [
    [0.3, 0],
    [0.1, 0],
    [1.5, 0],
    [2, 0.1],
    [2.5, 0.2],
  ],
  large: [
    [0.3, 0],
    [0.1, 0],
    [2, 0],
    [5, 0.1],
    [20, 0.2],
  ],
  apply({ width, height, data }, [factor, summand]) {
    const area = width * height;
    return {
      width,
      height,
      data: data.map((value, i) => {
        const pixel = i % area;
        const largest = largestOf(data, pixel, area);
        const smallest = Math.min(data[pixel]!, data[area + pixel]!, data[2 * area + pixel]!);
        const saturation = largest === 0 ? 0 : (largest - smallest) / largest;
        const wanted = Math.min(Math.max(saturation * factor + summand, 0), 1);
        // How far the channel lies below the largest, as a share of the saturation.
        const below = saturation === 0 ? (i < area ? 0 : 1) : (largest - value) / (largest * saturation);
        return largest * (1 - wanted * below);
      }),
    };
  },
};

function largestOf(data: Float32Array, pixel: number, area: number): number {
  return Math.max(data[pixel]!, data[area + pixel]!, data[2 * area + pixel]!);
}
