/** @file The test runner itself: failures, skips, crashes and hangs are all counted, and none stops the others. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { runFiles } from './pool.js';
import type { FileReport } from './report.js';

const skipModule = JSON.stringify(new URL('../skip.ts', import.meta.url).href);

const FILES: Readonly<Record<string, string>> = {
  'good.test.mjs': `it('passes', () => {}); it('fails', () => { throw new Error('seven is not eight'); });`,
  'skips.test.mjs': `import { skip } from ${skipModule};
    it('alone', function () { skip(this, 'no data'); });
    describe('suite', () => { before(function () { skip(this, 'no device'); }); it('a', () => {}); it('b', () => {}); });
    describe('each', () => { beforeEach(function () { skip(this, 'no luck'); }); it('c', () => {}); });
    it.skip('without a reason', () => {});`,
  'crash.test.mjs': `it('ends the process', () => process.exit(7));`,
  'hang.test.mjs': `it('blocks for ever', () => { for (;;); });`,
  'broken.test.mjs': `import './not-there.mjs';`,
};

describe('test runner', () => {
  const reports = new Map<string, FileReport>();
  const folder = mkdtempSync(join(tmpdir(), 'robenc-runner-'));
  before(async () => {
    for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);
    const run = (names: readonly string[], fileLimitMs: number) =>
      runFiles(
        names.map((name) => join(folder, name)),
        { processes: 2, fileLimitMs, onReport: (report) => reports.set(basename(report.file), report) },
      );
    // The short limit is for the one that hangs alone: a slow machine may take as long to start a process.
    await run(['hang.test.mjs'], 5_000);
    await run(
      Object.keys(FILES).filter((name) => name !== 'hang.test.mjs'),
      100_000,
    );
  });
  after(() => rmSync(folder, { recursive: true }));

  it('every file is reported once, also after crashes', () => assert.deepEqual([...reports.keys()].sort(), Object.keys(FILES).sort()));

  it('a failing test is reported with its message beside those that pass', () => {
    const { passed, failures } = reports.get('good.test.mjs')!;
    assert.equal(passed, 1);
    assert.equal(failures[0]?.title, 'fails');
    assert.match(failures[0]?.text ?? '', /seven is not eight/);
  });

  it('skips have their reason, whether given in a test, in before or in beforeEach', () => {
    const reasons = Object.fromEntries(reports.get('skips.test.mjs')!.skips.map(({ title, reason }) => [title, reason]));
    assert.deepEqual(reasons, { alone: 'no data', 'suite a': 'no device', 'suite b': 'no device', 'each c': 'no luck', 'without a reason': 'no reason given' });
  });

  it('a process that exits, hangs or cannot load its file is a failure', () => {
    assert.match(reports.get('crash.test.mjs')!.failures[0]?.text ?? '', /exit code 7/);
    assert.match(reports.get('hang.test.mjs')!.failures[0]?.text ?? '', /more than 5 s/);
    assert.match(reports.get('broken.test.mjs')!.failures[0]?.text ?? '', /not-there/);
  });
});
