/** @file How well nearest neighbours classify: the encoder without any head. */
import type { NeighbourScore } from '../config/evaluation.js';
import type { ImageSet } from '../data/image-set.js';
import { RobencError } from '../errors.js';
import type { EncoderSource } from './encoder-source.js';
import { accuracy } from './accuracy.js';
import { embedSet, type EmbedJob } from './embed.js';
import { knnPredictions } from './knn.js';

/** The usual votes (Wu et al., arXiv 1805.01978, section 3.4). */
const K = 20;
const TEMPERATURE = 0.07;

/** Classifies `queries` by the votes of the most similar images of `bank`, both labelled, whole images. Throws `mismatch` where their classes differ. */
export async function scoreNeighbours(
  job: Pick<EncoderSource, 'encoder'> & Omit<EmbedJob, 'encoder' | 'set' | 'crops' | 'progress'>,
  { bank, queries }: { readonly bank: ImageSet; readonly queries: ImageSet },
): Promise<NeighbourScore> {
  if (bank.labels === null || queries.labels === null)
    throw new RobencError('usage', 'Neighbours need labelled images. Give images in class folders with --data.', { field: 'data' });
  if (bank.classes.join('\n') !== queries.classes.join('\n'))
    throw new RobencError(
      'mismatch',
      `The training images have the classes ${bank.classes.join(', ')}, the others ${queries.classes.join(', ')}: neighbours need the same.`,
    );
  const [train, found] = [await embedSet({ ...job, set: bank, crops: null }), await embedSet({ ...job, set: queries, crops: null })];
  const classes = bank.classes.length;
  const predictions = knnPredictions({
    train,
    trainLabels: bank.labels,
    queries: found,
    size: train.length / bank.count,
    classes,
    k: K,
    temperature: TEMPERATURE,
  });
  const { value, low, high } = accuracy(predictions, queries.labels);
  return { k: Math.min(K, bank.count), temperature: TEMPERATURE, bank: bank.count, accuracy: value, interval: [low, high] };
}
