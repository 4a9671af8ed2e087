/** @file The built-in data set: ten outlines under heavy nuisance variation, computed from a seed, so that everything can be tried without a download. */
import { Random } from '../math/random.js';
import { fitSet } from './fit-set.js';
import { sharedBytes, type Split } from './image-set.js';
import { outlines } from './shapes/outlines.js';
import { drawScene, SIDE } from './shapes/scene.js';
import type { DataSource } from './source.js';

/** How many images a split has when no limit asks for more or fewer. */
const COUNTS: Readonly<Record<Split, number>> = { train: 5000, test: 1000 };

/**
 * 32x32 images of ten classes, in turn. Each image has a random stream of its own, keyed by seed, split and index: the splits are independent, a larger limit keeps
 * what a smaller one made, and any number can be made. Colour, texture, place, scale, turn, background, clutter and light vary freely within each class.
 */
const shapes: DataSource = {
  name: 'shapes',
  summary: `built in: ten shapes under varying colour, texture, place, scale, turn, background and light; ${COUNTS.train} + ${COUNTS.test} images of 32x32`,
  needsPath: false,
  load({ split, limit, perClass = false, seed, size }) {
    const count = limit === undefined ? COUNTS[split] : perClass ? limit * outlines.length : limit;
    const bytes = SIDE * SIDE * 3;
    const pixels = sharedBytes(count * bytes);
    const labels = new Int32Array(count);
    for (let i = 0; i < count; i++) {
      labels[i] = i % outlines.length;
      drawScene(new Random(seed, 'shapes', split, i), labels[i]!, pixels, i * bytes);
    }
    const classes = outlines.map((outline) => outline.name);
    return Promise.resolve(fitSet({ name: 'shapes', classes, labels, count, height: SIDE, width: SIDE, pixels }, size));
  },
};
export default shapes;
