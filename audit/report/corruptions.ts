/** @file What a report says of common corruptions: the numbers, the lines for people, and the table of report.html. */
import type { AuditCorruptions, AuditReport } from '@robenc/shared/config/audit.js';
import { percent, proportion } from '@robenc/shared/evaluation/intervals.js';
import { textTable } from '@robenc/shared/evaluation/text-table.js';
import { isSmall } from '@robenc/shared/images/corruptions/corruption.js';
import { corruptions } from '@robenc/shared/images/corruptions/index.js';
import { section } from '@robenc/shared/page.js';
import type { AuditOutcome } from '../work/outcome.js';

/** Undefined where none were asked for. */
export function corruptionsOf({ corruptions: tallies, samples }: AuditOutcome, size: { width: number; height: number }): AuditCorruptions | undefined {
  if (tallies.length === 0) return undefined;
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const families = [...new Set(tallies.map(({ name }) => name))].map((name) => {
    const severities = tallies
      .filter((one) => one.name === name)
      .map(({ severity, images, correct }) => {
        const { value, low, high } = proportion(correct, images);
        return { severity, images, correct, accuracy: value, interval: [low, high] as [number, number] };
      });
    return { name, group: corruptions.get(name).group, meanAccuracy: mean(severities.map(({ accuracy }) => accuracy)), severities };
  });
  const right = samples.filter(({ label, cleanPrediction }) => label === cleanPrediction).length;
  return {
    constants: isSmall(size) ? 'CIFAR-10-C' : 'ImageNet-C',
    families,
    cleanError: samples.length === 0 ? 0 : 1 - right / samples.length,
    meanError: 1 - mean(families.map(({ meanAccuracy }) => meanAccuracy)),
  };
}

const SEVERITIES = ['1', '2', '3', '4', '5'];

export function corruptionsText({ corruptions: found }: AuditReport): string[] {
  if (found === undefined) return [];
  const rows = found.families.map(({ name, meanAccuracy, severities }) => [
    name,
    ...severities.map(({ accuracy }) => percent(accuracy)),
    percent(meanAccuracy),
  ]);
  return [...textTable(['accuracy at severity', ...SEVERITIES, 'mean'], rows), meanText(found)];
}

function meanText({ families, constants, meanError, cleanError }: AuditCorruptions): string {
  return `Mean corruption error ${percent(meanError)} over ${families.length} families at 5 severities (constants of ${constants}, not divided by the error of another model); without a corruption ${percent(cleanError)}.`;
}

export function corruptionsSection({ corruptions: found }: AuditReport): string {
  if (found === undefined) return '';
  const rows = found.families.map(({ name, group, meanAccuracy, severities }) => {
    const cells = severities.map(
      ({ accuracy, correct, images, interval: [low, high] }) =>
        `<td title="${correct} of ${images}, 95 % interval ${percent(low)} to ${percent(high)}">${percent(accuracy)}</td>`,
    );
    return `<tr><td class="text">${name}</td><td class="text">${group}</td>${cells.join('')}<td>${percent(meanAccuracy)}</td></tr>`;
  });
  const head = SEVERITIES.map((severity) => `<th>${severity}</th>`).join('');
  return section(
    'Accuracy under common corruptions, by severity',
    `<p>${meanText(found)}</p><div class="wide"><table><thead><tr><th class="text">family</th><th class="text">group</th>${head}<th>mean</th></tr></thead><tbody>${rows.join('')}</tbody></table></div>`,
  );
}
