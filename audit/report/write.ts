/** @file The files of an audit, all written whole or not at all. */
import { join } from 'node:path';
import { writeFileAtomic } from '@robenc/shared/files.js';
import type { AuditRun } from '../runner.js';
import { htmlReport } from './html.js';
import { junitXml } from './junit.js';
import { samplesCsv } from './samples.js';

/** Writes audit.json, samples.csv, junit.xml and report.html; `command` is what makes the audit again, for the report. @returns the names. */
export async function writeAudit(folder: string, { report, outcome, examples }: AuditRun, command: string | null): Promise<readonly string[]> {
  const files: Readonly<Record<string, string>> = {
    'samples.csv': samplesCsv(outcome),
    'junit.xml': junitXml(report),
    'report.html': await htmlReport(report, examples, command),
    // Last: where it is, the others are too.
    'audit.json': `${JSON.stringify(report, null, 2)}\n`,
  };
  for (const [name, text] of Object.entries(files)) writeFileAtomic(join(folder, name), text);
  return Object.keys(files);
}
