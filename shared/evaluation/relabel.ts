/** @file From the classes of a data set to the logits of a model, by name. */
import type { ImageSet } from '../data/image-set.js';
import { RobencError } from '../errors.js';

/**
 * The labels of the set as indices into `classes` (the logits' names); with null, class i is logit i.
 * Throws `usage` naming --data when there are no labels, or a class that the model does not have.
 */
export function logitLabels(set: ImageSet, classes: readonly string[] | null): Int32Array {
  if (set.labels === null) throw new RobencError('usage', `${set.name} has no labels. Give images in class folders with --data.`, { field: 'data' });
  if (classes === null) return set.labels;
  const logitOf = set.classes.map((name) => {
    const logit = classes.indexOf(name);
    if (logit < 0)
      throw new RobencError(
        'usage',
        `The data has a class "${name}" that the head was not fitted on; it knows ${classes.slice(0, 12).join(', ')}${classes.length > 12 ? ', …' : ''}. Give other images with --data, or fit a head on these.`,
        { field: 'data' },
      );
    return logit;
  });
  return set.labels.map((label) => logitOf[label]!);
}
