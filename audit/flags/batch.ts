/** @file Answers that depend on which other images are in the batch: batch norms that take the statistics of the batch. */
import type { SanityCheck } from './flag.js';

/** Relative to the largest logit; the order of sums changes less. */
const TOLERANCE = 1e-2;

export const batchCoupled: SanityCheck = {
  code: 'batch-coupled',
  look({ logits, alone, classes, graph }) {
    if (alone === null) return null;
    const images = alone.length / classes;
    const scale = logits.slice(0, alone.length).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    if (!Number.isFinite(scale)) return null;
    const moved = Array.from({ length: images }, (_, row) =>
      alone.subarray(row * classes, (row + 1) * classes).some((value, k) => !(Math.abs(value - logits[row * classes + k]!) <= TOLERANCE * scale)),
    ).filter(Boolean).length;
    if (moved === 0) return null;
    const training = graph?.nodes.filter(({ op, attrs }) => op === 'BatchNormalization' && attrs['training_mode'] === 1).map(({ name }) => `"${name}"`) ?? [];
    const cause = training.length > 0 ? ` BatchNormalization ${training.slice(0, 3).join(', ')} is in training mode.` : '';
    return {
      severity: 'critical',
      message: `${moved} of ${images} images get another answer alone than among others: each attack changes what the rest of its batch is told, and no image has a verdict of its own.${cause} Export the model in evaluation mode.`,
    };
  },
};
