/** @file The outcome of an attack that is made of several, one after the other on the same image. */
import type { Outcome } from './attack.js';

/** `chosen`, one of the two, with the counts of both and the first point that broke the image. */
export function combined(before: Outcome, after: Outcome, chosen: Outcome): Outcome {
  return {
    ...chosen,
    iterations: before.iterations + after.iterations,
    queries: before.queries + after.queries,
    brokenAt: before.brokenAt ?? (after.brokenAt && { ...after.brokenAt, query: before.queries + after.brokenAt.query }),
    zeroGradients: before.zeroGradients + after.zeroGradients,
    nonFiniteGradients: before.nonFiniteGradients + after.nonFiniteGradients,
  };
}
