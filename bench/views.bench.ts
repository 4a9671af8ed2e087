/** @file How long the data path takes. */
import { imageAt } from '@robenc/shared/data/image-set.js';
import { openImageSet } from '@robenc/shared/data/open.js';
import { photometricOperations } from '@robenc/shared/images/photometric/index.js';
import { renderBatch } from '@robenc/train/crops/batch.js';
import { viewSamplers } from '@robenc/train/crops/index.js';
import { markdownTable, type Bench } from './bench.js';

const ROUNDS = 5;
const VIEWS = 8;
const IMAGES = 200;

/** Amounts that change the image, for every operation. */
const AMOUNTS: Readonly<Record<string, number>> = { brightness: 1.2, contrast: 1.3, saturation: 0.7, hue: 0.1, solarize: 128, gaussian_blur: 1 };

/** Least processor time of `ROUNDS` calls, in microseconds, divided by `count`. */
function microseconds(count: number, work: (round: number) => void): number {
  work(-1);
  const times = Array.from({ length: ROUNDS }, (_, round) => {
    const start = process.cpuUsage();
    work(round);
    const { user, system } = process.cpuUsage(start);
    return user + system;
  });
  return Math.min(...times) / count;
}

const bench: Bench = {
  name: 'views',
  question: 'How long does a training view take to make?',
  async run() {
    const set = await openImageSet({ name: 'shapes', split: 'train', seed: 0, limit: IMAGES });
    const indices = Array.from({ length: IMAGES }, (_, i) => i);
    const rows: [string, string][] = [];
    for (const sampler of viewSamplers.names) {
      const time = microseconds(IMAGES * VIEWS, (epoch) =>
        renderBatch(set, indices, { views: VIEWS, sampler, options: {}, seed: 0, epoch: epoch + 1, size: 32 }),
      );
      rows.push([`${sampler}: crop, resize and the whole augmentation`, time.toFixed(0)]);
    }
    const canvas = { ...imageAt(set, 0), data: new Uint8Array(32 * 32 * 3) };
    for (const operation of photometricOperations.entries) {
      const time = microseconds(IMAGES, () =>
        indices.forEach((index) => {
          canvas.data.set(imageAt(set, index).data);
          operation.apply(canvas, AMOUNTS[operation.name] ?? 0);
        }),
      );
      rows.push([`${operation.name} alone`, time.toFixed(0)]);
    }
    return markdownTable(['work', 'microseconds of one processor for each view of 32x32'], rows);
  },
};
export default bench;
