/** @file A classifier and its image: the threat model of ordinary audits. */
import type { ImageSet } from '@robenc/shared/data/image-set.js';
import { RobencError } from '@robenc/shared/errors.js';
import { imageId, pixelBatches } from '@robenc/shared/evaluation/pixels.js';
import { mapClasses } from '@robenc/shared/evaluation/class-map.js';
import { wrapModel } from '@robenc/shared/evaluation/preprocessing.js';
import type { AuditThreat } from './threat.js';

export const image: AuditThreat = {
  name: 'image',
  text: 'white-box, one perturbation per image, on the pixels (0 to 1) that go into the model after resizing; gradients pass through preprocessing and model',
  model: 'classifier',
  needsLabels: true,
  async build({ target, input, plan, set, output }) {
    const wrapped = wrapModel(target.graph, input, set, plan.preprocessing, output);
    const logitOf = mapClasses(set.classes, plan.classNames, wrapped.classes);
    const labels = logitLabels(set, logitOf);
    const pixels = pixelBatches(set);
    return {
      classifier: wrapped.graph,
      classes: wrapped.classes,
      output: wrapped.output,
      softmaxRemoved: wrapped.softmaxRemoved,
      feeds: { kind: 'none' },
      labels,
      idOf: (index) => imageId(set, index),
      chunk: (indices) => ({ x: pixels(indices), labels: Int32Array.from(indices, (index) => labels[index]!), feeds: {} }),
      logitOf,
      classesNamed: plan.classNames !== null,
    };
  },
};

/** The labels of the set as logits. Throws `usage` where there are none. */
export function logitLabels(set: ImageSet, logitOf: readonly number[]): Int32Array {
  if (set.labels === null)
    throw new RobencError('usage', `${set.name} has no class folders, and this audit needs labels. Sort the images into one folder per class.`, {
      field: 'data',
    });
  return set.labels.map((label) => logitOf[label]!);
}
