/** @file A linear head: from embeddings to logits. */
import { RobencError } from '../errors.js';

/** logits = embedding · weights + bias. */
export interface LinearHead {
  /** Length of an embedding. */
  readonly size: number;
  readonly classes: number;
  /** [size, classes] */
  readonly weights: Float32Array;
  /** [classes] */
  readonly bias: Float32Array;
}

/** Logits [n, classes] of embeddings [n, size]. Throws `mismatch` when the length is no multiple of the head's size. */
export function applyHead(head: LinearHead, embeddings: Float32Array): Float32Array {
  const { size, classes, weights, bias } = head;
  const count = embeddings.length / size;
  if (!Number.isInteger(count))
    throw new RobencError(
      'mismatch',
      `${embeddings.length} values are no whole number of embeddings of length ${size}. Was the head fitted on another encoder?`,
    );
  // Class by class, so that the inner loop walks along both arrays.
  const columns = Float32Array.from({ length: size * classes }, (_, i) => weights[(i % size) * classes + Math.floor(i / size)]!);
  const logits = new Float32Array(count * classes);
  for (let i = 0; i < count; i++)
    for (let k = 0; k < classes; k++) {
      let sum = bias[k]!;
      for (let j = 0, at = i * size, column = k * size; j < size; j++) sum += embeddings[at + j]! * columns[column + j]!;
      logits[i * classes + k] = sum;
    }
  return logits;
}
