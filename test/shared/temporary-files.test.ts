/** @file Unfinished files are told from files that are being written. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { processRuns, staleTemporaries, temporaryPath } from '@robenc/shared/temporary-files.js';

describe('temporary files', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'robenc-temporary-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('are stale when their process is gone, when it would be this one, or after a day; those of others that run are left alone', () => {
    const gone = spawnSync(process.execPath, ['-e', '']).pid;
    assert.equal(processRuns(gone), false);
    assert.equal(processRuns(process.ppid), true);
    const now = Date.now();
    const files: Readonly<Record<string, number>> = {
      [`.kept.bin.${gone}.tmp`]: now,
      [basename(temporaryPath(join(folder, 'kept.bin')))]: now,
      [`.reused.bin.${process.ppid}.tmp`]: now - 25 * 3600_000,
      [`.live.bin.${process.ppid}.tmp`]: now - 23 * 3600_000,
      [`.other.txt.${gone}.tmp`]: now,
      [`kept.bin.${gone}.tmp`]: now,
      [`.kept.bin.tmp`]: now,
      [`.kept.bin.${gone}x.tmp`]: now,
      'kept.bin': now,
    };
    for (const [name, time] of Object.entries(files)) {
      writeFileSync(join(folder, name), '');
      utimesSync(join(folder, name), time / 1000, time / 1000);
    }
    const stale = staleTemporaries(folder, { is: (name) => name.endsWith('.bin'), now });
    assert.deepEqual(
      stale.map((path) => basename(path)).sort(),
      [`.kept.bin.${gone}.tmp`, `.kept.bin.${process.pid}.tmp`, `.reused.bin.${process.ppid}.tmp`].sort(),
    );
    assert.deepEqual(staleTemporaries(join(folder, 'nothing'), { is: () => true, now }), []);
  });
});
