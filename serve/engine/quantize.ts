/** @file Adversarial images as 8-bit files hold them, still within the ball. */
import type { Batch, Oracle, Outcome } from '@robenc/shared/attacks/attack.js';
import { createBatch, imageSize } from '@robenc/shared/attacks/batch.js';
import { norms } from '@robenc/shared/attacks/norms.js';
import { argmaxRow, crossEntropyRow } from '@robenc/shared/math/logits.js';

/** value/255 as every image of 8 bits has it. */
const UNIT = Float32Array.from({ length: 256 }, (_, value) => value / 255);
/** Less than any step of float32 near 1 could add up to, and far below a level. */
const SLACK = 1e-6;

/** Each pixel goes to the nearest of the 256 levels that lie within epsilon of the clean one; the clean one, where it is such a level, always does. */
export function quantizeWithin(adversarial: Float32Array, clean: Float32Array, epsilon: number): Float32Array {
  return adversarial.map((value, i) => {
    const c = clean[i]!;
    const low = Math.max(0, Math.ceil((c - epsilon - SLACK) * 255));
    const high = Math.min(255, Math.floor((c + epsilon + SLACK) * 255));
    return low > high ? c : UNIT[Math.min(high, Math.max(low, Math.round(value * 255)))]!;
  });
}

/** The outcomes of an attack after rounding to 8 bits: predictions, losses and distances are those of the rounded images. For Linf balls. */
export async function quantizedOutcomes(outcomes: Outcome[], images: Batch, epsilon: number, oracle: Oracle): Promise<Outcome[]> {
  const size = imageSize(images);
  const data = new Float32Array(outcomes.length * size);
  outcomes.forEach(({ adversarial }, row) => data.set(quantizeWithin(adversarial, images.data.subarray(row * size, (row + 1) * size), epsilon), row * size));
  const logits = await oracle.forward(createBatch(data, images.shape, images.ids));
  return outcomes.map((outcome, row) => {
    const adversarial = data.slice(row * size, (row + 1) * size);
    const clean = images.data.subarray(row * size, (row + 1) * size);
    const prediction = argmaxRow(logits, oracle.classes, row);
    return {
      ...outcome,
      adversarial,
      adversarialPrediction: prediction,
      broken: prediction !== outcome.label,
      lossAfter: crossEntropyRow(logits, oracle.classes, row, outcome.label),
      linf: norms.linf.distance(adversarial, clean),
      l2: norms.l2.distance(adversarial, clean),
    };
  });
}
