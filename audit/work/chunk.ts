/** @file A range of images as it travels: pixels, labels, names, and what the classifier is fed besides. */
import type { Batch } from '@robenc/shared/attacks/attack.js';
import { imageSize } from '@robenc/shared/attacks/batch.js';
import { packFloats, unpackFloats } from './pack.js';

export interface Chunk {
  readonly x: Batch;
  /** [x.count] */
  readonly labels: Int32Array;
  /** Per name [x.count, ...]. */
  readonly feeds: Readonly<Record<string, Float32Array>>;
}

/** As bytes; the same images give the same bytes. */
export function packChunk({ x, labels, feeds }: Chunk): Uint8Array {
  const names = Object.keys(feeds).sort();
  const header = { shape: x.shape, ids: x.ids, labels: [...labels], feeds: names.map((name) => [name, feeds[name]!.length]) };
  return packFloats(header, [x.data, ...names.map((name) => feeds[name]!)]);
}

/** Throws `bad-file` where the bytes were cut off. */
export function unpackChunk(bytes: Uint8Array): Chunk {
  const { header, floats } = unpackFloats<{ shape: number[]; ids: (string | number)[]; labels: number[]; feeds: [string, number][] }>(
    bytes,
    'a chunk of images',
  );
  const { shape, ids, labels } = header;
  const pixels = ids.length * imageSize({ shape });
  let at = pixels;
  const feeds = Object.fromEntries(header.feeds.map(([name, length]) => [name, floats.slice(at, (at += length))]));
  return { x: { count: ids.length, shape, ids, data: floats.slice(0, pixels) }, labels: Int32Array.from(labels), feeds };
}
