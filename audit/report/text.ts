/** @file An audit as lines for people. */
import type { AuditRadius, AuditReport } from '@robenc/shared/config/audit.js';
import { attacks } from '@robenc/shared/attacks/index.js';
import { certificateText } from './certificate.js';
import { corruptionsText } from './corruptions.js';
import { constantsText } from '@robenc/shared/evaluation/constants-text.js';
import { proportionText } from '@robenc/shared/evaluation/intervals.js';
import { epsilonText } from '@robenc/shared/evaluation/robust-accuracy.js';
import { textTable } from '@robenc/shared/evaluation/text-table.js';

/** The headline table, what survived each attack, their constants, and what was noticed. */
export function auditText(report: AuditReport): string[] {
  const [first] = report.results;
  const rows = attacked(report).map(({ norm, epsilon, robustAccuracy, interval, robustShareOfCorrect }) => [
    `${norm} ${radiusText(report, epsilon)}`,
    proportionText({ value: robustAccuracy, low: interval[0], high: interval[1] }),
    robustShareOfCorrect === null ? '-' : `${(100 * robustShareOfCorrect).toFixed(1)} %`,
  ]);
  const clean = proportionText({ value: first!.cleanAccuracy, low: first!.cleanInterval[0], high: first!.cleanInterval[1] });
  return [
    ...textTable(
      [report.certificate === undefined ? 'attack' : 'radius', 'accuracy [95 % interval]', 'of the correct ones'],
      [[report.certificate === undefined ? 'none' : 'l2 0, smoothed', clean, first!.cleanCorrect === 0 ? '-' : '100.0 %'], ...rows],
    ),
    `${first!.images} images, accuracies over all of them. Threat model "${report.threatModel.name}": ${report.threatModel.text}.`,
    ...report.results.filter(({ stages }) => stages.length > 1).map(waterfall),
    // Of a certificate the threat model tells them.
    ...(report.certificate === undefined ? report.results : []).flatMap(({ epsilon, stages }) =>
      stages.map(
        ({ attack, options }) => `${attack} at ${epsilonText(epsilon)}: ${[constantsText(options), `seed ${report.seed}`].filter(Boolean).join(', ')}`,
      ),
    ),
    ...certificateText(report),
    ...corruptionsText(report),
    ...report.results.filter(({ eightBit }) => eightBit.of > 0).map((one) => eightBitText(one, looksForNearest(report))),
    ...(looksForNearest(report) ? [curveText(report)] : []),
    ...report.results.flatMap(displacementText),
    ...firstLookText(report),
    ...report.flags.map(({ code, severity, message }) => `${severity.toUpperCase()} ${code}: ${message}`),
    ...(report.complete ? [] : [`Not complete: ${report.incomplete}. ${boundsText(report)}`]),
    verdict(report),
  ];
}

/** The radii at which something was done: not the radius 0 that stands for no attack. */
export function attacked({ results }: AuditReport): AuditRadius[] {
  return results.filter(({ epsilon, stages }) => epsilon > 0 || stages.length > 0);
}

/** Radii of attacks as levels of 255, those of certificates, which are lengths over all pixels, as numbers. */
export function radiusText({ certificate }: Pick<AuditReport, 'certificate'>, epsilon: number): string {
  return certificate === undefined ? epsilonText(epsilon) : String(epsilon);
}

/** What the accuracies of an audit that was ended early say. */
export function boundsText({ certificate }: AuditReport): string {
  return certificate === undefined ? 'Robust accuracies are upper bounds.' : 'Certified accuracies are lower bounds.';
}

/** `At 8/255 of 500 images 412 stand without an attack, 201 after apgd, 196 after apgd-t.` */
function waterfall({ epsilon, images, cleanCorrect, stages }: AuditRadius): string {
  const before = (i: number) => stages[i - 1]?.survivors ?? cleanCorrect;
  const after = stages.map(({ attack, attacked: made, survivors }, i) =>
    made === 0 && before(i) > 0 ? `${attack} was not made` : `${survivors} after ${attack}`,
  );
  return `At ${epsilonText(epsilon)} of ${images} images ${cleanCorrect} stand without an attack, ${after.join(', ')}.`;
}

function eightBitText({ epsilon, eightBit }: AuditRadius, nearest: boolean): string {
  const why = nearest ? ' The nearest points lie just beyond the boundary, so rounding brings many back.' : '';
  return `At ${epsilonText(epsilon)} ${eightBit.broken} of ${eightBit.of} adversarial images stay so when saved with 8 bits.${why}`;
}

/** Whether the points are the nearest ones, so that the curve says something about every radius. */
function looksForNearest({ results, curve }: AuditReport): boolean {
  return curve !== undefined && results.some(({ stages }) => stages.some(({ attack }) => attacks.has(attack) && attacks.get(attack).exhaustive === true));
}

/** Radii of the curve that are told. */
const TOLD = 8;

/** `Accuracy by radius: 1/255 42.0 %, 2/255 31.0 %, …` */
function curveText({ curve, results }: AuditReport): string {
  const points = curve!.filter(({ epsilon }) => epsilon > 0);
  const every = Math.max(1, Math.floor(points.length / TOLD));
  const told = points.filter((_, i) => i % every === every - 1);
  const percent = (standing: number) => `${((100 * standing) / Math.max(1, results[0]!.images)).toFixed(1)} %`;
  return `Accuracy by radius: ${told.map(({ epsilon, standing }) => `${epsilonText(epsilon)} ${percent(standing)}`).join(', ')}; all of ${points.length} radii in audit.json.`;
}

/** Attacks that often leave images standing which others break. */
const FIRST_LOOKS: ReadonlySet<string> = new Set(['fgsm', 'pgd', 'momentum-pgd', 'square']);

/** What an audit of weak attacks alone is; nothing of others. */
export function firstLookText({ results, certificate, threatModel }: AuditReport): string[] {
  const made = results.flatMap(({ stages }) => stages.map(({ attack }) => attack));
  if (certificate !== undefined || made.length === 0 || threatModel.name !== 'image' || !made.every((attack) => FIRST_LOOKS.has(attack))) return [];
  return ['This is a first look: --preset standard attacks harder, and often leaves fewer images standing.'];
}

function verdict({ reliable, failUnder, passed, complete, corruptions }: AuditReport): string {
  const corrupted = corruptions === undefined ? '' : ' and in the mean under corruptions';
  if (!reliable) return 'Not reliable: a critical flag was raised, so the true robust accuracy may be lower.';
  if (failUnder === null) return 'No threshold was given (--fail-under).';
  if (!complete) return `Not decided whether robust accuracy reaches ${failUnder}: the audit is not complete.`;
  return passed
    ? `Passed: robust accuracy reaches ${failUnder} at every radius${corrupted}.`
    : `Failed: robust accuracy is below ${failUnder} at a radius${corrupted === '' ? '' : ' or in the mean under corruptions'}.`;
}

function displacementText({ epsilon, displacement }: AuditRadius): string[] {
  if (displacement === null) return [];
  const { median, ninth, largest } = displacement;
  return [
    `At ${epsilonText(epsilon)} embeddings moved by ${median.toFixed(2)} (median), ${ninth.toFixed(2)} (90 %) and ${largest.toFixed(2)} (at most) of the distance to the nearest other one.`,
  ];
}
