/** @file Accuracy at every radius, from how far the points lie that broke the images: it cannot rise, and each value is an upper bound. */
import type { AuditReport } from '@robenc/shared/config/audit.js';
import type { NormName } from '@robenc/shared/attacks/norms.js';
import type { Sample } from '../work/outcome.js';

/** Of float32: a point on the sphere may lie this far beyond. */
const SLACK = 1e-6;

/** Radii between 0 and the largest one. */
const POINTS = 33;

/** The least distance at which a point is known that is misclassified: 0 where the image is, Infinity where none was found. */
export function leastDistance({ label, cleanPrediction, at }: Sample, norm: NormName): number {
  if (cleanPrediction !== label) return 0;
  return Math.min(...at.map((one) => (one.broken ? (one.foundAt === 0 ? 0 : one[norm]) : Infinity)), Infinity);
}

/** A point that lies at a radius counts there, within the rounding of float32. */
export function curvePoints(samples: readonly Sample[], norm: NormName, epsilons: readonly number[]): NonNullable<AuditReport['curve']> {
  const largest = Math.max(...epsilons);
  const distances = samples.map((sample) => leastDistance(sample, norm));
  const grid = Array.from({ length: POINTS }, (_, i) => (largest * i) / (POINTS - 1));
  return [...new Set([...grid, ...epsilons])]
    .sort((a, b) => a - b)
    .map((epsilon) => ({ epsilon, standing: distances.filter((distance) => distance > epsilon * (1 + 1e-6) + (epsilon > 0 ? SLACK : 0)).length }));
}
