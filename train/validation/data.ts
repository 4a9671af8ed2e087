/** @file The images of a validation: held-out ones to be told, and some of the training images whose neighbours tell them. */
import type { RunConfig } from '@robenc/shared/config/run.js';
import { subset, type ImageSet } from '@robenc/shared/data/image-set.js';
import { openImageSet } from '@robenc/shared/data/open.js';
import { chooseIndices } from '@robenc/shared/data/select.js';
import { RobencError } from '@robenc/shared/errors.js';
import { dataSpec } from '../run/data.js';
import type { ValidationSettings } from './validation.js';

export interface ValidationData {
  readonly bank: ImageSet;
  readonly heldOut: ImageSet;
}

/** Throws `bad-input` naming the field where the data has no labels, or no images that training leaves out. */
export async function openValidationData(run: RunConfig, train: ImageSet, { images, bank }: ValidationSettings): Promise<ValidationData> {
  if (train.labels === null || train.classes.length < 2)
    throw new RobencError('bad-input', `validation needs labelled images of two classes or more, and ${train.name} has none. Leave validation out.`, {
      field: 'validation',
    });
  if (train.undivided)
    throw new RobencError(
      'bad-input',
      `validation needs images that training leaves out, and ${train.name} has no test/. Set data.holdOut (--hold-out 0.1), or leave validation out.`,
      { field: 'validation' },
    );
  const heldOut = await openImageSet({ ...dataSpec(run), limit: images, split: 'test' });
  return { heldOut, bank: subset(train, chooseIndices(train.count, train.labels, { limit: bank, seed: run.seed })) };
}
