/** @file Two audits of the same images: what changed, image by image, and whether chance would explain it (McNemar's exact test). */
import { join } from 'node:path';
import { AuditReport } from '@robenc/shared/config/audit.js';
import { check } from '@robenc/shared/config/check.js';
import { RobencError } from '@robenc/shared/errors.js';
import { readBytes } from '@robenc/shared/files.js';
import { signTest } from '@robenc/shared/math/binomial.js';
import { attacked } from './report/text.js';
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
  /** The models, as their audits name them. */
  readonly models: readonly [before: string, after: string];
  /** Without an attack, over the images that both audits know. */
  readonly clean: Omit<RadiusDiff, 'norm' | 'epsilon'>;
  /** The mean corruption errors, where both audits have one. */
  readonly corruptions: readonly [before: number, after: number] | null;
  /** What is not the same besides the models. */
  readonly warnings: readonly string[];
  readonly results: readonly RadiusDiff[];
}

/** Compares the folders of two audits at the radii that both have. Throws `not-found`, `bad-file` or `mismatch`. */
export function diffAudits(before: string, after: string): AuditDiff {
  const [a, b] = [readAudit(before), readAudit(after)];
  const results = attacked(a.report).flatMap(({ norm, epsilon }): RadiusDiff[] => {
    const at = (row: Record<string, string>) => Math.abs(Number(row['epsilon']) - epsilon) < 1e-9;
    const same = b.report.results.some((result) => result.norm === norm && Math.abs(result.epsilon - epsilon) < 1e-9);
    const compared = compare(verdicts(a.rows.filter(at), isRobust), verdicts(b.rows.filter(at), isRobust));
    return same && compared.images > 0 ? [{ norm, epsilon, ...compared }] : [];
  });
  const clean = compare(verdicts(a.rows, isRight), verdicts(b.rows, isRight));
  const corruptions = a.report.corruptions && b.report.corruptions ? ([a.report.corruptions.meanError, b.report.corruptions.meanError] as const) : null;
  if (clean.images === 0 || (results.length === 0 && corruptions === null))
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
  for (const [folder, { report }] of [
    [before, a],
    [after, b],
  ] as const)
    if (clean.images < report.results[0]!.images) warnings.push(`only ${clean.images} of the ${report.results[0]!.images} images of ${folder} are in both`);
  return { before, after, models: [a.report.model.path, b.report.model.path], clean, corruptions, warnings, results };
}

function compare(one: ReadonlyMap<string, boolean>, other: ReadonlyMap<string, boolean>): AuditDiff['clean'] {
  const ids = [...one.keys()].filter((id) => other.has(id));
  const count = (accept: (was: boolean, is: boolean) => boolean) => ids.filter((id) => accept(one.get(id)!, other.get(id)!)).length;
  const [lost, gained] = [count((was, is) => was && !is), count((was, is) => !was && is)];
  const share = (images: number) => (ids.length === 0 ? 0 : images / ids.length);
  return { images: ids.length, before: share(count((was) => was)), after: share(count((_, is) => is)), lost, gained, pValue: signTest(lost, lost + gained) };
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
  const report = check(AuditReport, value, path, { code: 'bad-file' });
  const table = join(folder, 'samples.csv');
  const rows = readCsv(readBytes(table, folder).toString('utf8'));
  const wanted = report.results.reduce((sum, { images }) => sum + images, 0);
  if (rows.length !== wanted)
    throw new RobencError(
      'bad-file',
      `${table} has ${rows.length} lines, and audit.json beside it speaks of ${wanted}: it was cut off or changed. Run the audit again.`,
      {
        field: table,
      },
    );
  return { report, rows };
}

const isRobust = (row: Record<string, string>) => row['robust'] === '1';
const isRight = (row: Record<string, string>) => row['clean_prediction'] === row['label'];

function verdicts(rows: readonly Record<string, string>[], verdict: (row: Record<string, string>) => boolean): Map<string, boolean> {
  return new Map(rows.map((row) => [row['image']!, verdict(row)]));
}

function differs(what: string, a: string, b: string): string[] {
  return a === b ? [] : [`${what} are not the same, so a difference need not be one of the models`];
}
