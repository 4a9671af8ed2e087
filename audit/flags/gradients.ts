/** @file Gradients that are zero or not finite: the attack had nothing to follow. */
import type { SanityCheck } from './flag.js';

/** Above this share of zero gradients the result cannot be trusted; a few may come from images that the model is very sure of. */
const MANY = 0.05;

export const zeroGradients: SanityCheck = {
  code: 'zero-gradients',
  look({ outcome }) {
    const total = outcome.results.reduce((sum, { gradients }) => sum + gradients, 0);
    const zero = outcome.results.reduce((sum, { zeroGradients: count }) => sum + count, 0);
    if (zero === 0) return null;
    const share = `${zero} of ${total} gradients (${((100 * zero) / total).toFixed(1)} %) are zero everywhere`;
    const cause = 'rounding, quantisation, saturated logits or dead units hide the gradient, and robust accuracy is overestimated';
    return { severity: zero / total > MANY ? 'critical' : 'warning', message: `${share}: ${cause}. Audit a float32 model, or one whose logits are smaller.` };
  },
};

export const nonFinite: SanityCheck = {
  code: 'non-finite',
  look({ outcome, logits }) {
    const gradients = outcome.results.reduce((sum, { nonFiniteGradients }) => sum + nonFiniteGradients, 0);
    const images = outcome.samples.filter(({ cleanPrediction }) => cleanPrediction < 0).length;
    if (gradients === 0 && images === 0 && logits.every(Number.isFinite)) return null;
    const message = `The model answered NaN for ${images} images, and ${gradients} gradients held NaN or infinity. Check its weights, and --range, --mean and --std.`;
    return { severity: 'critical', message };
  },
};
