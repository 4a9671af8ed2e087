/** @file Accuracy of predictions. */
import { RobencError } from '../errors.js';
import { argmaxRows, type Numbers } from '../math/logits.js';
import { proportion, type Proportion } from './intervals.js';

/** The share of labels that the predictions hit, with its 95 % interval. Throws `mismatch` when the numbers of both differ. */
export function accuracy(predictions: ArrayLike<number>, labels: ArrayLike<number>): Proportion {
  if (predictions.length !== labels.length)
    throw new RobencError('mismatch', `There are ${predictions.length} predictions for ${labels.length} labels; give one per image.`);
  return proportion(Array.from(predictions).filter((prediction, i) => prediction === labels[i]).length, labels.length);
}

/** The accuracy of the largest of `classes` logits. `logits` [labels.length, classes]. */
export function logitAccuracy(logits: Numbers, labels: ArrayLike<number>, classes: number): Proportion {
  return accuracy(argmaxRows(logits, classes), labels);
}
