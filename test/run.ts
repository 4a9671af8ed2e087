/**
 * @file The runner behind `npm test`: runs the test files in two processes and ends with what was skipped and why, and one line of counts.
 * Arguments: `--slow` adds *.slow.test.ts; any other is a part of a path, and only files with one of them run.
 */
import { readdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runFiles } from './runner/pool.js';
import type { FileReport } from './runner/report.js';

const FILE_LIMIT_MS = 8 * 60_000;
const SLOW_FILE_LIMIT_MS = 90 * 60_000;

/** The test files below this folder, the largest first: they tend to take longest, and a long one is best not the last. */
function testFiles(slow: boolean, parts: readonly string[]): string[] {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts') && (slow || !file.endsWith('.slow.test.ts')))
    .map((file) => join(folder, file))
    .filter((file) => parts.length === 0 || parts.some((part) => relative(folder, file).includes(part)))
    .map((file) => ({ file, size: statSync(file).size }))
    .sort((a, b) => b.size - a.size || (a.file < b.file ? -1 : 1))
    .map(({ file }) => file);
}

function describeFile({ file, seconds, passed, failures, skips }: FileReport): string {
  const counts = [`${passed} passed`, failures.length > 0 ? `${failures.length} FAILED` : '', skips.length > 0 ? `${skips.length} skipped` : ''];
  return `${relative('.', file)}: ${counts.filter(Boolean).join(', ')} (${seconds.toFixed(1)} s)`;
}

function describeSkips(reports: readonly FileReport[]): string[] {
  const byReason = new Map<string, number>();
  for (const { reason } of reports.flatMap((report) => report.skips)) byReason.set(reason, (byReason.get(reason) ?? 0) + 1);
  return [...byReason].sort().map(([reason, count]) => `  ${count} skipped: ${reason}`);
}

const words = process.argv.slice(2);
const files = testFiles(
  words.includes('--slow'),
  words.filter((word) => !word.startsWith('--')),
);
const started = performance.now();
const reports: FileReport[] = [];
await runFiles(files, {
  processes: Math.min(2, availableParallelism()),
  fileLimitMs: words.includes('--slow') ? SLOW_FILE_LIMIT_MS : FILE_LIMIT_MS,
  onReport(report) {
    reports.push(report);
    console.log(describeFile(report));
    for (const { title, text } of report.failures) console.log(`\n  FAILED ${title}\n${text.replaceAll(/^/gm, '    ')}\n`);
  },
});

const total = (count: (report: FileReport) => number) => reports.reduce((sum, report) => sum + count(report), 0);
const passed = total((report) => report.passed);
const failed = total((report) => report.failures.length);
const skipped = total((report) => report.skips.length);
console.log(`\n${reports.length} files in ${((performance.now() - started) / 1000).toFixed(0)} s`);
for (const report of reports) for (const { title } of report.failures) console.log(`  FAILED ${relative('.', report.file)}: ${title}`);
for (const line of describeSkips(reports)) console.log(line);
if (passed + failed === 0) console.log('No test ran.');
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
