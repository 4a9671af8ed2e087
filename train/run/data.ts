/** @file The data of a run, as its file names it. */
import type { RunConfig } from '@robenc/shared/config/run.js';
import type { ImageSetSpec } from '@robenc/shared/data/open.js';

/** Where its images come from and what size they are brought to; which part and how many of them is said by who opens it. */
export function dataSpec({ data, seed }: RunConfig): Omit<ImageSetSpec, 'split' | 'limit'> {
  const { name, path, holdOut, size } = data;
  return {
    ...(name === undefined ? {} : { name }),
    ...(path === undefined ? {} : { path }),
    holdOut,
    seed,
    size: { height: size, width: size, fit: 'cover' },
  };
}

/** The images that a run trains on. */
export function trainingData(run: RunConfig): ImageSetSpec {
  return { ...dataSpec(run), split: 'train', ...(run.data.limit === undefined ? {} : { limit: run.data.limit }) };
}
