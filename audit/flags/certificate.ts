/** @file Radii that no certificate can reach with so much noise and so few draws. */
import { farthestRadius } from '@robenc/shared/evaluation/smoothing.js';
import type { SanityCheck } from './flag.js';

export const radiusOutOfReach: SanityCheck = {
  code: 'radius-out-of-reach',
  look({ outcome: { certificate, results } }) {
    if (certificate === undefined) return null;
    const { sigma, draws } = certificate.options;
    const farthest = farthestRadius(certificate.options);
    const beyond = results.filter(({ epsilon }) => epsilon > farthest).map(({ epsilon }) => epsilon);
    if (beyond.length === 0) return null;
    return {
      severity: 'warning',
      message: `No image can be certified at ${beyond.join(', ')}: ${draws} draws with noise of ${sigma} reach ${farthest.toFixed(3)} at most, even when all agree. Raise --draws or --sigma, or ask for smaller radii.`,
    };
  },
};
