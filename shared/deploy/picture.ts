/** @file The picture of a card: test images, what an attack makes of them, and the difference. */
import type { ImageSet } from '../data/image-set.js';
import { subset } from '../data/image-set.js';
import { encodePng } from '../images/decode.js';
import { blankImage, type Image } from '../images/image.js';
import { contactSheet } from '../images/sheet.js';
import type { Graph } from '../graph/value.js';
import { adversarialImages } from './variants/measure.js';

export interface PictureJob {
  /** The classifier whose gradients make the adversarial images. */
  readonly graph: Graph;
  /** Labelled, with labels as the logits count them. */
  readonly set: ImageSet;
  /** Linf radius in pixels of [0,1]. */
  readonly epsilon: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
}

const COLUMNS = 8;

/** A PNG of three rows: images, adversarial images, and their difference, which is grey where nothing changes and black or white where a pixel moves by epsilon. */
export async function cardPicture({ graph, set, epsilon, seed, signal }: PictureJob): Promise<Uint8Array> {
  const count = Math.min(COLUMNS, set.count);
  const few = subset(
    set,
    Array.from({ length: count }, (_, i) => Math.floor((i * set.count) / count)),
  );
  const [batch] = await adversarialImages({ graph, epsilon, seed, ...(signal && { signal }) }, few);
  const size = few.height * few.width;
  const adversarial = batch!.image.data as Float32Array;
  const clean = (i: number, pixel: number, channel: number): number => few.pixels[(i * size + pixel) * 3 + channel]!;
  const attacked = (i: number, pixel: number, channel: number): number => 255 * adversarial[(i * 3 + channel) * size + pixel]!;
  const row = (value: (i: number, pixel: number, channel: number) => number): Image[] =>
    Array.from({ length: count }, (_, i) => {
      const image = blankImage(few.height, few.width);
      for (let pixel = 0; pixel < size; pixel++)
        for (let channel = 0; channel < 3; channel++) image.data[3 * pixel + channel] = Math.min(255, Math.max(0, Math.round(value(i, pixel, channel))));
      return image;
    });
  const difference = row((...at) => 127.5 + ((attacked(...at) - clean(...at)) / (255 * epsilon)) * 127.5);
  return encodePng(contactSheet([row(clean), row(attacked), difference]));
}
