/** @file Two audits of the same images: what changed, image by image, and whether chance would explain it (McNemar's exact test). */
import { join } from 'node:path';
import { AuditReport } from '@robenc/shared/config/audit.js';
import { check } from '@robenc/shared/config/check.js';
import { RobencError } from '@robenc/shared/errors.js';
import { readBytes } from '@robenc/shared/files.js';
import { signTest } from '@robenc/shared/math/binomial.js';
import { readCsv } from './report/csv.js';

export interface RadiusDiff {
  readonly norm: string;
  readonly epsilon: number;
  /** Images that both audits know. */
  readonly images: number;
  readonly before: number;
  readonly after: number;
  /** Images that stand only in the first and only in the second audit. */
  readonly lost: number;
  readonly gained: number;
  /** Two-sided, of the lost against the gained. */
  readonly pValue: number;
}

export interface AuditDiff {
  readonly before: string;
  readonly after: string;
  /** What is not the same besides the models. */
  readonly warnings: readonly string[];
  readonly results: readonly RadiusDiff[];
}

/** Compares the folders of two audits at the radii that both have. Throws `not-found`, `bad-file` or `mismatch`. */
export function diffAudits(before: string, after: string): AuditDiff {
  const [a, b] = [readAudit(before), readAudit(after)];
  const results = a.report.results.flatMap(({ norm, epsilon }): RadiusDiff[] => {
    const [one, other] = [verdicts(a.rows, epsilon), verdicts(b.rows, epsilon)];
    const same = b.report.results.some((result) => result.norm === norm && Math.abs(result.epsilon - epsilon) < 1e-9);
    const ids = [...one.keys()].filter((id) => other.has(id));
    if (!same || ids.length === 0) return [];
    const count = (accept: (was: boolean, is: boolean) => boolean) => ids.filter((id) => accept(one.get(id)!, other.get(id)!)).length;
    const [lost, gained] = [count((was, is) => was && !is), count((was, is) => !was && is)];
    return [
      {
        norm,
        epsilon,
        images: ids.length,
        before: count((was) => was) / ids.length,
        after: count((_, is) => is) / ids.length,
        lost,
        gained,
        pValue: signTest(lost, lost + gained),
      },
    ];
  });
  if (results.length === 0)
    throw new RobencError(
      'mismatch',
      `${before} and ${after} have no image in common at a radius and norm that both have. Audit the same data at the same --eps.`,
    );
  const warnings = [
    ...differs('the attacks', a.report.preset.sha256, b.report.preset.sha256),
    ...differs('the threat model', a.report.threatModel.name, b.report.threatModel.name),
    ...[a, b].flatMap(({ report }, i) => [
      ...(report.reliable ? [] : [`${[before, after][i]} is not reliable`]),
      ...(report.complete ? [] : [`${[before, after][i]} is not complete`]),
    ]),
  ];
  return { before, after, warnings, results };
}

function readAudit(folder: string): { report: AuditReport; rows: Record<string, string>[] } {
  const path = join(folder, 'audit.json');
  const text = readBytes(path, folder).toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new RobencError('bad-file', `${path} is no JSON. Run the audit again.`, { cause, field: path });
  }
  return { report: check(AuditReport, value, path, { code: 'bad-file' }), rows: readCsv(readBytes(join(folder, 'samples.csv'), folder).toString('utf8')) };
}

/** Whether each image stands at a radius. */
function verdicts(rows: readonly Record<string, string>[], epsilon: number): Map<string, boolean> {
  return new Map(rows.filter((row) => Math.abs(Number(row['epsilon']) - epsilon) < 1e-9).map((row) => [row['image']!, row['robust'] === '1']));
}

function differs(what: string, a: string, b: string): string[] {
  return a === b ? [] : [`${what} are not the same, so a difference need not be one of the models`];
}
