/** @file An audit as lines for people. */
import type { AuditReport } from '@robenc/shared/config/audit.js';
import { constantsText } from '@robenc/shared/evaluation/constants-text.js';
import { proportionText } from '@robenc/shared/evaluation/intervals.js';
import { epsilonText } from '@robenc/shared/evaluation/robust-accuracy.js';
import { textTable } from '@robenc/shared/evaluation/text-table.js';

/** The headline table, the constants under it, and what was noticed. */
export function auditText(report: AuditReport): string[] {
  const [first] = report.results;
  const rows = report.results.map(({ norm, epsilon, robustAccuracy, interval, robustShareOfCorrect }) => [
    `${norm} ${epsilonText(epsilon)}`,
    proportionText({ value: robustAccuracy, low: interval[0], high: interval[1] }),
    robustShareOfCorrect === null ? '-' : `${(100 * robustShareOfCorrect).toFixed(1)} %`,
  ]);
  const clean = proportionText({ value: first!.cleanAccuracy, low: first!.cleanInterval[0], high: first!.cleanInterval[1] });
  return [
    ...textTable(['attack', 'accuracy [95 % interval]', 'of the correct ones'], [['none', clean, '100.0 %'], ...rows]),
    `${first!.images} images, accuracies over all of them. Threat model "${report.threatModel.name}": ${report.threatModel.text}.`,
    ...report.results.map(({ attack, epsilon, options }) => `${attack} at ${epsilonText(epsilon)}: ${constantsText(options)}, seed ${report.seed}`),
    ...report.flags.map(({ code, severity, message }) => `${severity.toUpperCase()} ${code}: ${message}`),
    verdict(report),
  ];
}

function verdict({ reliable, failUnder, passed }: AuditReport): string {
  if (!reliable) return 'Not reliable: a critical flag was raised, so the true robust accuracy may be lower.';
  if (failUnder === null) return 'No threshold was given (--fail-under).';
  return passed ? `Passed: robust accuracy reaches ${failUnder} at every radius.` : `Failed: robust accuracy is below ${failUnder} at a radius.`;
}
