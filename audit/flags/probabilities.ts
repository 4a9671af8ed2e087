/** @file Outputs that are probabilities: a second softmax in the loss flattens the gradient. */
import type { SanityCheck } from './flag.js';

const SUM_TOLERANCE = 1e-3;

/** A final Softmax was seen and left out. */
export const softmaxRemoved: SanityCheck = {
  code: 'softmax-removed',
  look: ({ softmaxRemoved: removed, softmaxOutput }) =>
    removed
      ? { severity: 'info', message: `The output ${softmaxOutput} is a Softmax; the attack uses the logits before it, which changes no prediction.` }
      : null,
};

/** The outputs sum to one though no final Softmax node was found. */
export const probabilities: SanityCheck = {
  code: 'probabilities',
  look({ logits, classes }) {
    const rows = logits.length / classes;
    for (let row = 0; row < rows; row++) {
      const values = logits.subarray(row * classes, (row + 1) * classes);
      const sum = values.reduce((total, value) => total + value, 0);
      if (values.some((value) => value < 0 || value > 1) || Math.abs(sum - 1) > SUM_TOLERANCE) return null;
    }
    return {
      severity: 'critical',
      message:
        'The outputs lie in [0,1] and sum to 1, so they seem to be probabilities: cross-entropy on them has almost no gradient, and robust accuracy is overestimated. Export the model up to its logits, or name them with --output.',
    };
  },
};
