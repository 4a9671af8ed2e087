/** @file samples.csv: one line per image and radius. */
import type { AuditOutcome } from '../work/outcome.js';
import { csvText } from './csv.js';

const COLUMNS = [
  'image',
  'label',
  'clean_prediction',
  'epsilon',
  'robust',
  'adversarial_prediction',
  'found_at',
  'loss_before',
  'loss_after',
  'linf',
  'l2',
  'gradients',
  'l1',
  'margin',
  'attack',
  'target',
  'query',
  'queries',
  'robust_8bit',
  'linf_8bit',
  'seconds',
  'smoothed_prediction',
  'smoothed_hits',
  'certified_radius',
];

/** CSV (RFC 4180) with a header. Labels and predictions are logits; `robust` is 1 or 0. A smoothed prediction of -1 abstains. What there is not is empty: an image that stands has no attack that broke it. */
export function samplesCsv({ samples }: AuditOutcome): string {
  const rows = samples.flatMap(({ id, label, cleanPrediction, margin, lossBefore, seconds, at, certificate }) =>
    at.map((one) => [
      id,
      label,
      cleanPrediction,
      one.epsilon,
      one.broken ? 0 : 1,
      one.prediction,
      one.foundAt,
      lossBefore,
      one.lossAfter,
      one.linf,
      one.l2,
      one.gradients,
      one.l1,
      margin,
      one.broken ? one.attack : null,
      one.target,
      one.query,
      one.queries,
      one.eightBit === null ? null : one.eightBit.broken ? 0 : 1,
      one.eightBit?.linf ?? null,
      Number(seconds.toFixed(4)),
      certificate?.index ?? null,
      certificate?.hits ?? null,
      certificate?.radius ?? null,
    ]),
  );
  return csvText(COLUMNS, rows);
}
