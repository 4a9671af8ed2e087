/** @file What the report of an audit says, without what depends on the clock. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AuditReport } from '@robenc/shared/config/audit.js';

/** Of the report in a folder, as text. */
export function lastingReport(folder: string): string {
  const { createdAt, seconds, stageSeconds, ...rest } = JSON.parse(readFileSync(join(folder, 'audit.json'), 'utf8')) as AuditReport;
  assert.ok(createdAt && seconds >= 0 && stageSeconds.length > 0);
  return JSON.stringify(rest);
}
