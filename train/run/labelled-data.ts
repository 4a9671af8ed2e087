/** @file Which images a command works on: what --data says, else what the run was trained on. */
import { dataSpecOf } from '@robenc/shared/data/detect.js';
import type { ImageSet } from '@robenc/shared/data/image-set.js';
import { openImageSet, type ImageSetSpec } from '@robenc/shared/data/open.js';
import type { OptionSpecs } from '@robenc/shared/config/command.js';
import { RobencError } from '@robenc/shared/errors.js';
import type { EncoderSource } from '@robenc/shared/evaluation/encoder-source.js';

/** Options of the commands that work on labelled images. */
export const labelledDataOptions = {
  data: {
    type: 'string',
    value: 'data',
    description: 'labelled images: a folder with one folder per class, CIFAR batches, or shapes (what a run was trained on)',
  },
  holdOut: {
    type: 'number',
    value: 'share',
    description: 'share of a folder without train/ and test/ that counts as test (as the run was trained)',
  },
} as const satisfies OptionSpecs;

export interface LabelledDataOptions extends Pick<ImageSetSpec, 'split' | 'limit' | 'perClass' | 'seed' | 'warn'> {
  readonly data: string | undefined;
  readonly holdOut: number | undefined;
}

/** The images that a command was given, in the size that the encoder takes. Throws `usage` naming --data when nobody says which. */
export async function openLabelledData(
  { data, holdOut, ...spec }: LabelledDataOptions,
  source: Pick<EncoderSource, 'data' | 'size'>,
  cwd: string,
): Promise<ImageSet> {
  const text = data ?? source.data?.path ?? source.data?.name;
  if (text === undefined)
    throw new RobencError('usage', 'No data set is given. Give a folder with one folder per class, or shapes, with --data.', { field: 'data' });
  const found = await dataSpecOf(text, cwd);
  return openImageSet({ ...spec, ...found, holdOut: holdOut ?? source.data?.holdOut, size: source.size });
}
