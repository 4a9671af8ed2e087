/** @file Outputs that say nothing about the images, and predictions that do not fit the labels. */
import { proportionText } from '@robenc/shared/evaluation/intervals.js';
import type { SanityCheck } from './flag.js';

export const constantOutput: SanityCheck = {
  code: 'constant-output',
  look({ logits, classes, plan }) {
    // The displacement of a clean image is zero, for every encoder.
    if (plan.feeds.kind === 'chunk') return null;
    const rows = logits.length / classes;
    if (rows < 2 || !logits.every((value, i) => value === logits[i % classes])) return null;
    return {
      severity: 'critical',
      message: `The logits of the first ${rows} images are all the same: the model does not look at its input. Check the file, and --range, --mean and --std.`,
    };
  },
};

export const chanceAccuracy: SanityCheck = {
  code: 'chance-accuracy',
  look({ outcome: { clean }, dataClasses }) {
    if (dataClasses < 2 || clean.low > 1 / dataClasses) return null;
    return {
      severity: 'warning',
      message: `Clean accuracy is ${proportionText(clean)}, not clearly above chance (${(100 / dataClasses).toFixed(1)} %). If that is unexpected, check --classes (the order of the logits), --range, --mean, --std and --layout.`,
    };
  },
};

export const fewerClasses: SanityCheck = {
  code: 'fewer-classes',
  look({ dataClasses, classes, classesNamed }) {
    if (classesNamed || dataClasses >= classes) return null;
    return {
      severity: 'warning',
      message: `The data has ${dataClasses} classes and the model ${classes} logits; class folder i was taken for logit i. If that is wrong, name the class of each logit with --classes.`,
    };
  },
};

export const unverified: SanityCheck = {
  code: 'unverified',
  look({ outcome }) {
    if (outcome.unverified === 0) return null;
    return {
      severity: 'warning',
      message: `${outcome.unverified} adversarial points were classified correctly when checked again in another batch; they were not counted. The model is at the edge of rounding, or not deterministic.`,
    };
  },
};
