/** @file samples.csv: one line per image and radius. */
import type { RobustAccuracy } from '@robenc/shared/evaluation/robust-accuracy.js';

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
];

/** CSV (RFC 4180) with a header. Labels and predictions are logits; `robust` is 1 or 0. */
export function samplesCsv({ records }: RobustAccuracy): string {
  const lines = records.flatMap(({ id, label, cleanPrediction, lossBefore, at }) =>
    at.map(({ epsilon, broken, adversarialPrediction, foundAt, lossAfter, linf, l2, iterations }) =>
      [id, label, cleanPrediction, epsilon, broken ? 0 : 1, adversarialPrediction, foundAt, lossBefore, lossAfter, linf, l2, iterations].map(field).join(','),
    ),
  );
  return [COLUMNS.join(','), ...lines, ''].join('\r\n');
}

function field(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
