/** @file The smallest packages: files of equal bytes with a true manifest. */
import type { PackageDescription } from '@robenc/shared/package/stage.js';
import type { PackageToWrite } from '@robenc/shared/package/write.js';

export const description: PackageDescription = {
  createdAt: '2030-01-31T12:00:00Z',
  producer: { name: 'robenc', version: '0.1.0' },
  input: { name: 'image', layout: 'NCHW', channels: 'RGB', range: [0, 1], height: 32, width: 32, fit: 'cover' },
  classes: ['circle', 'square'],
  embeddingSize: 8,
  training: { method: 'none', seed: 0, data: 'none', epochs: 0, imagesSeen: 0, minutes: 0 },
  heads: { image: { fittedOn: 'nothing' } },
  scores: [],
  parity: [],
};

export const bytes = (fill: number, length = 100) => new Uint8Array(length).fill(fill);

/** A package `tiny` of three files. */
export const job = (more: Partial<PackageToWrite> = {}): PackageToWrite => ({
  name: 'tiny',
  version: 'auto',
  files: { encoder: bytes(1), classifier: bytes(2), gradient: bytes(3) },
  manifest: description,
  ...more,
});
