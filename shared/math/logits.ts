/** @file What logits say: predictions and the softmax cross-entropy, row by row, in float64. */

/** Anything that holds logits. */
export type Numbers = ArrayLike<number>;

/**
 * The class of the largest logit in row `row` of `logits` [n, classes]; the lowest index wins a tie.
 * A row with a NaN has no prediction: the answer is -1, which equals no label.
 */
export function argmaxRow(logits: Numbers, classes: number, row: number): number {
  let best = 0;
  const start = row * classes;
  for (let k = 0; k < classes; k++) {
    const value = logits[start + k]!;
    if (Number.isNaN(value)) return -1;
    if (value > logits[start + best]!) best = k;
  }
  return best;
}

/** The prediction of every row of `logits` [n, classes], see {@link argmaxRow}. */
export function argmaxRows(logits: Numbers, classes: number): Int32Array {
  return Int32Array.from({ length: logits.length / classes }, (_, row) => argmaxRow(logits, classes, row));
}

/** The softmax cross-entropy -log softmax(z)[label] of one row, by the shifted log-sum-exp. NaN when a logit is. */
export function crossEntropyRow(logits: Numbers, classes: number, row: number, label: number): number {
  const start = row * classes;
  let largest = -Infinity;
  for (let k = 0; k < classes; k++) largest = Math.max(largest, logits[start + k]!);
  let sum = 0;
  for (let k = 0; k < classes; k++) sum += Math.exp(logits[start + k]! - largest);
  return Math.log(sum) + largest - logits[start + label]!;
}

/** softmax(z) of one row, as float64. */
export function softmaxRow(logits: Numbers, classes: number, row: number): Float64Array {
  const start = row * classes;
  const result = new Float64Array(classes);
  let largest = -Infinity;
  for (let k = 0; k < classes; k++) largest = Math.max(largest, logits[start + k]!);
  let sum = 0;
  for (let k = 0; k < classes; k++) sum += result[k] = Math.exp(logits[start + k]! - largest);
  for (let k = 0; k < classes; k++) result[k]! /= sum;
  return result;
}
