/** @file The registry among processes that are killed, in short; storm.slow.test.ts is the long form. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPackage } from '@robenc/shared/package/open.js';
import { writePackage } from '@robenc/shared/package/write.js';
import { job } from './packages.js';
import { storm } from './storm.js';

describe('a registry that several processes change while they are killed', function () {
  this.timeout(10 * 60_000);

  it('stays readable, and every visible package is whole: 60 changes, 4 processes, 3 SIGKILLs', async () => {
    const models = mkdtempSync(join(tmpdir(), 'robenc-storm-'));
    try {
      writePackage(models, job());
      const { changes, looks } = await storm({
        models,
        processes: 4,
        changes: 60,
        kills: 3,
        seed: 1,
        verify: (folder, reference) => openPackage(folder, reference),
      });
      assert.ok(changes >= 60 && looks > 0);
      assert.equal(writePackage(models, job()).manifest.name, 'tiny');
    } finally {
      rmSync(models, { recursive: true, force: true });
    }
  });
});
