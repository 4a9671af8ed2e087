/** @file Reading the reference images that Pillow and torchvision made. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Image } from '@robenc/shared/images/image.js';

interface ArrayFile {
  readonly file: string;
  readonly shape: readonly [number, number, number, number];
}

/** What a case.json says, by key. */
export function readCase(folder: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as Record<string, unknown>;
}

/** The images of an array file [n,height,width,3]. */
export function readImages(folder: string, key: string): Image[] {
  const { file, shape } = readCase(folder)[key] as ArrayFile;
  const [count, height, width] = shape;
  const bytes = new Uint8Array(readFileSync(join(folder, file)));
  const size = height * width * 3;
  return Array.from({ length: count }, (_, i) => ({ width, height, data: bytes.slice(i * size, (i + 1) * size) }));
}

/** Rows of four int32. */
export function readBoxes(folder: string): { top: number; left: number; height: number; width: number }[] {
  const bytes = readFileSync(join(folder, 'boxes.i32'));
  return Array.from({ length: bytes.length / 16 }, (_, i) => {
    const [top, left, height, width] = [0, 4, 8, 12].map((at) => bytes.readInt32LE(i * 16 + at));
    return { top: top!, left: left!, height: height!, width: width! };
  });
}

/** Share of values that differ, and the largest difference in levels. */
export function compareBytes(actual: ArrayLike<number>, expected: ArrayLike<number>): { differing: number; largest: number } {
  let differing = 0;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    if (difference > 0) differing++;
    largest = Math.max(largest, difference);
  }
  return { differing: differing / expected.length, largest };
}

/** An image of seeded noise over a gradient: every value occurs, neighbours differ. */
export function noisyImage(height: number, width: number, next: () => number): Image {
  const data = new Uint8Array(height * width * 3);
  for (let i = 0; i < data.length; i++) data[i] = Math.floor((((i / data.length) * 2 + next()) / 3) * 256);
  return { width, height, data };
}
