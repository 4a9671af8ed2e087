/** @file junit.xml: a test case for each radius and for each critical flag, for systems that gather test results. */
import type { AuditReport } from '@robenc/shared/config/audit.js';
import { epsilonText } from '@robenc/shared/evaluation/robust-accuracy.js';
import { escapeMarkup } from '@robenc/shared/markup.js';
import { attacked } from './text.js';

/** One case for the mean under corruptions, where there are any. */
function corruptionCases({ corruptions, failUnder, complete }: AuditReport): { name: string; inside: string; kind: string }[] {
  if (corruptions === undefined) return [];
  const accuracy = 1 - corruptions.meanError;
  const failed = failUnder !== null && complete && accuracy < failUnder;
  const message = `mean accuracy ${accuracy.toFixed(4)} is below ${failUnder}`;
  const inside = failed ? `<failure message="${message}"/>` : complete ? '' : '<skipped message="not complete"/>';
  const found = `<system-out>mean accuracy ${accuracy.toFixed(4)} over ${corruptions.families.length} families</system-out>`;
  return [{ name: 'common corruptions', inside: `${inside}${found}`, kind: failed ? 'failure' : complete ? '' : 'skipped' }];
}

/** JUnit's XML. A radius below the threshold is a failure, a critical flag an error; of an audit that is not complete the radii are skipped cases. */
export function junitXml(report: AuditReport): string {
  const threshold = report.failUnder;
  const radii = attacked(report).map(({ norm, epsilon, attack, robustAccuracy, robustCorrect, images }) => {
    const found = `${robustCorrect} of ${images} images stand (${robustAccuracy.toFixed(4)})`;
    const failed = threshold !== null && report.complete && robustAccuracy < threshold;
    const inside = failed
      ? `<failure message="${escapeMarkup(`robust accuracy ${robustAccuracy.toFixed(4)} is below ${threshold}`)}">${escapeMarkup(found)}</failure>`
      : report.complete
        ? ''
        : `<skipped message="${escapeMarkup(`not complete: ${report.incomplete}`)}"/>`;
    return {
      name: `${attack} ${norm} ${epsilonText(epsilon)}`,
      inside: `${inside}<system-out>${escapeMarkup(found)}</system-out>`,
      kind: failed ? 'failure' : report.complete ? '' : 'skipped',
    };
  });
  const flags = report.flags.map(({ code, severity, message }) => ({
    name: `flag ${code}`,
    inside: severity === 'critical' ? `<error message="${escapeMarkup(message)}"/>` : `<system-out>${escapeMarkup(`${severity}: ${message}`)}</system-out>`,
    kind: severity === 'critical' ? 'error' : '',
  }));
  const cases = [...radii, ...corruptionCases(report), ...flags];
  const count = (kind: string) => cases.filter((one) => one.kind === kind).length;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuite name="robenc audit" tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}" skipped="${count('skipped')}" time="${report.seconds.toFixed(3)}" timestamp="${report.createdAt}">`,
    ...cases.map(({ name, inside }) => `  <testcase classname="${escapeMarkup(report.model.path)}" name="${escapeMarkup(name)}">${inside}</testcase>`),
    '</testsuite>',
    '',
  ].join('\n');
}
