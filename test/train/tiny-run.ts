/** @file A run that trains in seconds; tests say what of it they need otherwise. */
export const TINY_RUN = {
  seed: 4,
  data: { name: 'shapes', limit: 16, size: 16 },
  batchSize: 8,
  epochs: 1,
  views: { count: 2 },
  encoder: { name: 'resnet-small', widths: [4, 8], embedding: 16, projection: 8 },
  engine: { threads: 1, device: 'cpu' },
};
