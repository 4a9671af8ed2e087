/** @file Writing a data set as an image folder of PNG files. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { RobencError } from '../errors.js';
import { writeFileAtomic } from '../files.js';
import { encodePng } from '../images/decode.js';
import { imageAt, type ImageSet } from './image-set.js';

/** Files encoded at a time. */
const AT_ONCE = 16;

/**
 * Writes image i as `<folder>/<class>/<i>.png`, without labels as `<folder>/<i>.png`; every class gets a folder, an empty one too, so that labels stay what they are.
 * The number is padded, so that the order of the names is that of the images. Stops with `cancelled` when the signal says so.
 */
export async function writeImageFolder(
  set: ImageSet,
  folder: string,
  { signal, progress }: { signal: AbortSignal; progress: (done: number) => void },
): Promise<void> {
  for (const name of set.classes) mkdirSync(join(folder, name), { recursive: true });
  const digits = String(set.count - 1).length;
  for (let start = 0; start < set.count; start += AT_ONCE) {
    if (signal.aborted) throw new RobencError('cancelled', `Stopped after ${start} of ${set.count} images in ${folder}.`);
    const indices = Array.from({ length: Math.min(AT_ONCE, set.count - start) }, (_, i) => start + i);
    const files = await Promise.all(indices.map(async (index) => ({ index, bytes: await encodePng(imageAt(set, index)) })));
    for (const { index, bytes } of files) writeFileAtomic(join(folder, classFolder(set, index), `${String(index).padStart(digits, '0')}.png`), bytes);
    progress(start + indices.length);
  }
}

function classFolder({ labels, classes }: ImageSet, index: number): string {
  return labels === null ? '' : classes[labels[index]!]!;
}
