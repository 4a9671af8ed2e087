/** @file Classification by nearest neighbours in embedding space: needs no training, so it shows the encoder alone. */
import { RobencError } from '../errors.js';

export interface KnnJob {
  /** [trainLabels.length, size] */
  readonly train: Float32Array;
  readonly trainLabels: Int32Array;
  /** [any, size] */
  readonly queries: Float32Array;
  readonly size: number;
  readonly classes: number;
  /** Neighbours that vote; 20. */
  readonly k?: number;
  /** Votes weigh exp(cosine / temperature); 0.07 (Wu et al., arXiv 1805.01978, section 3.4). */
  readonly temperature?: number;
}

/** The class of each query by weighted vote of its k most similar (cosine) training embeddings. Throws `bad-input` on sizes that do not fit. */
export function knnPredictions(job: KnnJob): Int32Array {
  const { trainLabels, size, classes, temperature = 0.07 } = job;
  const k = Math.min(job.k ?? 20, trainLabels.length);
  if (job.train.length !== trainLabels.length * size || job.queries.length % size !== 0 || k < 1)
    throw new RobencError(
      'bad-input',
      `No neighbours: ${job.train.length} and ${job.queries.length} values are no embeddings of length ${size} for ${trainLabels.length} labels.`,
    );
  const train = normalised(job.train, size);
  const queries = normalised(job.queries, size);
  const similarities = new Float64Array(trainLabels.length);
  return Int32Array.from({ length: queries.length / size }, (_, q) => {
    for (let i = 0; i < trainLabels.length; i++) {
      let sum = 0;
      for (let j = 0; j < size; j++) sum += queries[q * size + j]! * train[i * size + j]!;
      similarities[i] = sum;
    }
    const votes = new Float64Array(classes);
    for (const i of largest(similarities, k)) votes[trainLabels[i]!]! += Math.exp(similarities[i]! / temperature);
    return votes.reduce((best, vote, label) => (vote > votes[best]! ? label : best), 0);
  });
}

/** Indices of the k largest values; the lower index wins a tie. */
function largest(values: Float64Array, k: number): number[] {
  const kept: number[] = [];
  for (let i = 0; i < values.length; i++) {
    if (kept.length === k && values[i]! <= values[kept[k - 1]!]!) continue;
    let at = kept.length;
    while (at > 0 && values[i]! > values[kept[at - 1]!]!) at--;
    kept.splice(at, 0, i);
    if (kept.length > k) kept.pop();
  }
  return kept;
}

/** Rows of unit length; a zero row stays zero. */
function normalised(values: Float32Array, size: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let start = 0; start < values.length; start += size) {
    let squares = 0;
    for (let j = 0; j < size; j++) squares += values[start + j]! ** 2;
    const scale = squares === 0 ? 0 : 1 / Math.sqrt(squares);
    for (let j = 0; j < size; j++) result[start + j] = values[start + j]! * scale;
  }
  return result;
}
