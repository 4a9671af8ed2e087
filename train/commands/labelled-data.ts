/** @file Which data a command works on: what --data says, else what the run was trained on. */
import { RobencError } from '@robenc/shared/errors.js';
import type { EncoderSource } from '@robenc/shared/evaluation/encoder-source.js';

/** A data set by name or path, as it was given. Throws `usage` naming --data when nobody says. */
export function dataOf(given: string | undefined, source: Pick<EncoderSource, 'data'>): string {
  const text = given ?? source.data?.path ?? source.data?.name;
  if (text === undefined)
    throw new RobencError('usage', 'No data set is given. Give a folder with one folder per class, or shapes, with --data.', { field: 'data' });
  return text;
}
