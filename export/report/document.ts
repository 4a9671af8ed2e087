/** @file A verification report: the checks as JSON, and as a page for people. */
import { escapeMarkup } from '@robenc/shared/markup.js';
import { page, section } from '@robenc/shared/page.js';
import type { DeviceReport } from '@robenc/shared/runtime/list-devices.js';
import type { Check } from './checks.js';

export interface VerificationReport {
  readonly schemaVersion: 1;
  /** What was verified: name@version, or a file. */
  readonly subject: string;
  /** SHA-256 of the package's manifest or of the file. */
  readonly digest: string;
  /** What it was made of. */
  readonly source: string;
  /** UTC. */
  readonly createdAt: string;
  readonly producer: { readonly name: string; readonly version: string };
  readonly runtime: string;
  readonly seed: number;
  readonly tolerance: number;
  /** Every device of this machine, and why those that are left out do not work. */
  readonly devices: readonly DeviceReport[];
  readonly checks: readonly Check[];
  readonly passed: boolean;
}

/** The worst check of each graph on each device. */
export function worstByGraph(checks: readonly Check[]): readonly (Check & { readonly count: number; readonly failed: number })[] {
  const groups = new Map<string, Check[]>();
  for (const check of checks) {
    const key = `${check.graph} ${check.against} ${check.device}`;
    groups.set(key, [...(groups.get(key) ?? []), check]);
  }
  const badness = ({ passed, note, maxRelativeError }: Check): number => (passed ? (note === null ? maxRelativeError : 0) : Infinity);
  return [...groups.values()].map((group) => ({
    ...group.reduce((worst, one) => (badness(one) > badness(worst) ? one : worst)),
    count: group.length,
    failed: group.filter(({ passed }) => !passed).length,
  }));
}

const cells = (values: readonly string[], tag = 'td'): string =>
  values.map((value, i) => `<${tag}${i < 3 ? ' class="text"' : ''}>${escapeMarkup(value)}</${tag}>`).join('');
const number = (value: number): string => value.toExponential(1);

/** The page. */
export function verificationPage(report: VerificationReport): string {
  const { subject, checks, passed, devices, tolerance } = report;
  const failed = checks.filter((check) => !check.passed).length;
  const summary = passed
    ? `<p class="good"><b>Passed:</b> ${checks.length} checks, each within ${tolerance}.</p>`
    : `<p class="bad"><b>Failed:</b> ${failed} of ${checks.length} checks are further off than ${tolerance}.</p>`;
  const head = `<thead><tr>${cells(['graph', 'compared with', 'device', 'checks', 'failed', 'worst relative error'], 'th')}</tr></thead>`;
  const rows = worstByGraph(checks).map(
    (one) =>
      `<tr class="${one.failed > 0 ? 'bad' : ''}">${cells([one.graph, one.against, one.device, String(one.count), String(one.failed), number(one.maxRelativeError)])}</tr>`,
  );
  const all = checks.map(
    (one) =>
      `<tr class="${one.passed ? '' : 'bad'}">${cells([one.graph, one.against, one.device, String(one.batch), one.pixels, number(one.maxRelativeError), number(one.maxAbsoluteError), one.passed ? (one.note ?? 'passed') : 'FAILED'])}</tr>`,
  );
  const allHead = `<thead><tr>${cells(['graph', 'compared with', 'device', 'batch', 'pixels', 'relative error', 'absolute error', 'verdict'], 'th')}</tr></thead>`;
  const facts = [
    ['SHA-256', report.digest],
    ['made of', report.source],
    ['verified', `${report.createdAt} by ${report.producer.name} ${report.producer.version}, ${report.runtime}, seed ${report.seed}`],
    ...devices.map(({ name, works, detail }) => [`device ${name}`, `${works ? 'tried' : 'left out'}: ${detail}`]),
  ].map(([name, value]) => `<tr><th class="text">${escapeMarkup(name!)}</th><td class="text">${escapeMarkup(value!)}</td></tr>`);
  return page(`Verification of ${subject}`, [
    summary,
    section('By graph', `<div class="wide"><table>${head}<tbody>${rows.join('')}</tbody></table></div>`),
    section('Every check', `<div class="wide"><table>${allHead}<tbody>${all.join('')}</tbody></table></div>`),
    section('How it was done', `<div class="wide"><table><tbody>${facts.join('')}</tbody></table></div>`),
  ]);
}
