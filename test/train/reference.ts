/** @file Reading reference cases: a case.json that describes raw little-endian float32 files beside it. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface ReferenceCase {
  readonly folder: string;
  readonly facts: Readonly<Record<string, unknown>>;
  /** The elements and shape of one stored array. */
  array(name: string): { readonly data: Float32Array; readonly shape: number[] };
}

/** The committed reference cases. */
export const FIXTURES = join(dirname(fileURLToPath(import.meta.url)), '../fixtures');

export function readCase(folder: string): ReferenceCase {
  const facts = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as Record<string, unknown>;
  return {
    folder,
    facts,
    array(name) {
      const { file, shape } = facts[name] as { file: string; shape: number[] };
      const bytes = readFileSync(join(folder, file));
      return { data: new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)), shape };
    },
  };
}

/** |a - b| / |b|, Euclidean; `floor` bounds the divisor from below. */
export function relativeDistance(a: ArrayLike<number>, b: ArrayLike<number>, floor = 0): number {
  let distance = 0;
  let size = 0;
  for (let i = 0; i < b.length; i++) {
    distance += (a[i]! - b[i]!) ** 2;
    size += b[i]! ** 2;
  }
  return Math.sqrt(distance) / Math.max(Math.sqrt(size), floor);
}
