/** @file What a report says of certificates: the numbers, the lines for people, and the section of report.html. */
import type { AuditCertificate, AuditReport } from '@robenc/shared/config/audit.js';
import { percent } from '@robenc/shared/evaluation/intervals.js';
import { certainCount, farthestRadius } from '@robenc/shared/evaluation/smoothing.js';
import { section } from '@robenc/shared/page.js';
import type { CertificateTally } from '../work/certified.js';
import { curveOf } from './charts.js';

/** Radii between 0 and the farthest at which the curve is told besides those that were asked for. */
const POINTS = 25;

export function certificateOf({ options, baseCorrect, abstained, radii }: CertificateTally, images: number, epsilons: readonly number[]): AuditCertificate {
  const { sigma, draws, choosing, alpha } = options;
  const farthest = farthestRadius(options);
  const grid = Array.from({ length: POINTS }, (_, i) => (farthest * i) / (POINTS - 1));
  const curve = [...new Set([...grid, ...epsilons])]
    .sort((a, b) => a - b)
    .map((radius) => {
      const certified = radii.filter((one) => one >= radius).length;
      return { radius, certified, certain: certainCount(certified, images, alpha) };
    });
  return { sigma, draws, choosing, alpha, images, baseCorrect, smoothedCorrect: radii.length, abstained, farthest, curve };
}

/** The model that a certificate is about, and what it says. */
export function certificateClaim({ sigma, draws, alpha }: AuditCertificate): string {
  return (
    `certificates of the smoothed classifier, which answers with the majority over normal noise of deviation ${sigma} on the pixels, not of the model itself: ` +
    `no change whose Euclidean length is below the radius changes its answer, with probability ${1 - alpha} for each image, from ${draws} noisy copies`
  );
}

export function certificateText({ certificate, results }: AuditReport): string[] {
  if (certificate === undefined) return [];
  return [
    countsText(certificate),
    ...results.map(({ epsilon, robustCorrect }) => {
      const { certain } = certificate.curve.find(({ radius }) => radius === epsilon)!;
      return `At ${epsilon} ${robustCorrect} images are certified; with probability 0.999 at least ${certain} of these certificates hold.`;
    }),
  ];
}

function countsText({ images, baseCorrect, smoothedCorrect, abstained, farthest }: AuditCertificate): string {
  return `Without noise the model has ${baseCorrect} of ${images} images right, smoothed ${smoothedCorrect}; it abstains on ${abstained}. The farthest radius that can be certified is ${farthest.toFixed(3)}.`;
}

export function certificateSection({ certificate, results }: AuditReport): string {
  if (certificate === undefined) return '';
  const { images, curve } = certificate;
  const share = (count: number) => (images === 0 ? 0 : count / images);
  const drawing = curveOf(
    curve.map(({ radius, certified, certain }) => ({
      at: radius,
      value: share(certified),
      interval: [share(certain), share(certified)] as const,
      name: radius === 0 || results.some(({ epsilon }) => epsilon === radius) ? String(radius) : null,
    })),
  );
  const rows = results.map(({ epsilon, robustCorrect, robustAccuracy }) => {
    const { certain } = curve.find(({ radius }) => radius === epsilon)!;
    return `<tr><td>${epsilon}</td><td>${robustCorrect}</td><td>${percent(robustAccuracy)}</td><td>${percent(share(certain))}</td></tr>`;
  });
  return section(
    'Certified accuracy by radius',
    `<p>${countsText(certificate)}</p>${drawing}<div class="wide"><table><thead><tr><th>l2 radius</th><th>certified images</th><th>share</th><th>at least, with probability 0.999</th></tr></thead><tbody>${rows.join('')}</tbody></table></div>`,
  );
}
