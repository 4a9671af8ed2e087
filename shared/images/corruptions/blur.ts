/** @file Blurs: normal, out of focus, behind glass, of a zoom. */
import type { Corruption, Planes } from './corruption.js';
import { convolve, normalBlur, zoom, type Kernel } from './filters.js';

export const gaussianBlur: Corruption<number> = {
  name: 'gaussian-blur',
  group: 'blur',
  extra: true,
  small: [0.4, 0.6, 0.7, 0.8, 1],
  large: [1, 2, 3, 4, 6],
  apply: (image, sigma) => normalBlur(image, sigma),
};

/** [radius, deviation of the blur of the disk] */
export const defocusBlur: Corruption<readonly [number, number]> = {
  name: 'defocus-blur',
  group: 'blur',
  small: [
    [0.3, 0.4],
    [0.4, 0.5],
    [0.5, 0.6],
    [1, 0.2],
    [1.5, 0.1],
  ],
  large: [
    [3, 0.1],
    [4, 0.5],
    [6, 0.5],
    [8, 0.5],
    [10, 0.5],
  ],
  apply: (image, [radius, soften]) => convolve(image, disk(radius, soften), 'mirror'),
};

/** A disk whose edge is softened over one pixel each way, over two where it is large. */
function disk(radius: number, soften: number): Kernel {
  const edge = radius <= 8 ? 1 : 2;
  const reach = Math.ceil(radius) + edge;
  const side = 2 * reach + 1;
  const data = Float32Array.from({ length: side * side }, (_, i) => ((i % side) - reach) ** 2 + (Math.floor(i / side) - reach) ** 2).map((distance) =>
    distance <= radius * radius ? 1 : 0,
  );
  const soft = normalBlur({ width: side, height: side, data }, soften, { cut: (edge + 0.49) / soften }).data;
  const sum = soft.reduce((total, weight) => total + weight, 0);
  const kept = [...soft.keys()].filter((i) => soft[i]! > 0);
  return {
    dx: kept.map((i) => (i % side) - reach),
    dy: kept.map((i) => Math.floor(i / side) - reach),
    weights: kept.map((i) => soft[i]! / sum),
  };
}

/** [deviation of the blurs before and after, how far pixels change places, how often] */
export const glassBlur: Corruption<readonly [number, number, number]> = {
  name: 'glass-blur',
  group: 'blur',
  small: [
    [0.05, 1, 1],
    [0.25, 1, 1],
    [0.4, 1, 1],
    [0.25, 1, 2],
    [0.4, 1, 2],
  ],
  large: [
    [0.7, 1, 2],
    [0.9, 2, 1],
    [1, 2, 3],
    [1.1, 3, 2],
    [1.5, 4, 2],
  ],
  apply(image, [sigma, reach, times], random) {
    const { width, height } = image;
    const data = normalBlur(image, sigma).data.slice();
    for (let time = 0; time < times; time++)
      for (let y = height - reach; y > reach; y--)
        for (let x = width - reach; x > reach; x--) {
          const other = (y + random.integer(2 * reach) - reach) * width + x + random.integer(2 * reach) - reach;
          for (let plane = 0; plane < data.length; plane += width * height) {
            const here = plane + y * width + x;
            [data[here], data[plane + other]] = [data[plane + other]!, data[here]!];
          }
        }
    return normalBlur({ width, height, data }, sigma);
  },
};

/** [largest factor (not reached), step] */
export const zoomBlur: Corruption<readonly [number, number]> = {
  name: 'zoom-blur',
  group: 'blur',
  small: [
    [1.06, 0.01],
    [1.11, 0.01],
    [1.16, 0.01],
    [1.21, 0.01],
    [1.26, 0.01],
  ],
  large: [
    [1.11, 0.01],
    [1.16, 0.01],
    [1.21, 0.02],
    [1.26, 0.02],
    [1.31, 0.03],
  ],
  apply(image, [end, step]) {
    const factors = Array.from({ length: Math.round((end - 1) / step) }, (_, i) => 1 + i * step);
    const all = [image, ...factors.map((factor) => zoom(image, factor))];
    return mean(all);
  },
};

function mean(images: readonly Planes[]): Planes {
  const { width, height, data } = images[0]!;
  return { width, height, data: data.map((_, i) => images.reduce((sum, one) => sum + one.data[i]!, 0) / images.length) };
}
