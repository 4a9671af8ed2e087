/** @file Logits whose size makes losses useless: so far apart that the softmax is one, or so close that it is flat. */
import type { SanityCheck } from './flag.js';

/** Between the two largest logits of an image: beyond it the second has a probability below 1e-21, and a gradient as small. */
const FAR = 50;
const CLOSE = 1e-4;

export const logitScale: SanityCheck = {
  code: 'logit-scale',
  look({ logits, classes, plan }) {
    if (plan.feeds.kind === 'chunk' || !logits.every(Number.isFinite)) return null;
    const rows = Array.from({ length: logits.length / classes }, (_, row) => logits.subarray(row * classes, (row + 1) * classes));
    const gaps = rows.map(gapOf).sort((a, b) => a - b);
    const median = gaps[gaps.length >> 1] ?? 0;
    if (median === 0 || (median >= CLOSE && median <= FAR)) return null;
    const effect =
      median > FAR ? 'the softmax is saturated, and the gradient of the cross-entropy vanishes' : 'all gradients are tiny, and may be lost to rounding';
    return {
      severity: 'warning',
      message: `The two largest logits of an image lie ${median.toPrecision(2)} apart in the median: ${effect}. Scale them by a constant before the export, which changes no prediction, or audit with --preset standard, whose DLR losses do not depend on the scale.`,
    };
  },
};

function gapOf(row: Float32Array): number {
  const [first, second] = [...row].sort((a, b) => b - a);
  return second === undefined ? 0 : first! - second;
}
