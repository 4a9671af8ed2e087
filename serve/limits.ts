/** @file What the server takes in: the bounds that keep one request from hurting others. */

export interface Limits {
  /** Bytes of a body, after decompression. */
  readonly maxBodyBytes: number;
  /** Pixels of one image. */
  readonly maxPixels: number;
  /** Images of one request. */
  readonly maxImages: number;
  /** Model inputs (images, or crops of images) in work at once. */
  readonly queueLimit: number;
  /** Bytes of bodies in the house at once. */
  readonly queueBytes: number;
  /** Milliseconds after which a request is given up. */
  readonly timeoutMs: number;
}

export const DEFAULT_LIMITS: Limits = {
  maxBodyBytes: 16 * 1024 * 1024,
  maxPixels: 50_000_000,
  maxImages: 64,
  queueLimit: 1024,
  queueBytes: 256 * 1024 * 1024,
  timeoutMs: 300_000,
};

/** The most that `maxImages` may be set to. */
export const IMAGES_ALLOWED = 1024;

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1024,
  kb: 1024,
  kib: 1024,
  m: 1024 ** 2,
  mb: 1024 ** 2,
  mib: 1024 ** 2,
  g: 1024 ** 3,
  gb: 1024 ** 3,
  gib: 1024 ** 3,
};

/** Bytes from `16mb`, `512 kb` or a plain number; null for anything else. */
export function parseBytes(text: string): number | null {
  const parts = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text);
  const unit = parts === null ? undefined : UNITS[parts[2]!.toLowerCase()];
  return unit === undefined ? null : Math.floor(Number(parts![1]) * unit);
}
