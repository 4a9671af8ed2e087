/** @file A disk that is full, or an output folder that cannot be written: the error says so, and what was saved before survives. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RobencError } from '@robenc/shared/errors.js';
import { loadCheckpoint, loadNewest, saveCheckpoint, type Checkpoint } from '../../../train/run/checkpoint.js';
import { skip } from '../../skip.js';

/** A checkpoint of `kilobytes`. */
function checkpointOf(step: number, kilobytes: number): Checkpoint {
  const weights = { shape: [kilobytes * 256], data: new Float32Array(kilobytes * 256).fill(step) };
  return { step, seconds: step, runDigest: '0'.repeat(64), state: { params: { weights }, encoderState: {}, slots: {}, delta: null } };
}

describe('a checkpoint that cannot be written', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'robenc-full-'))));
  afterEach(() => {
    spawnSync('umount', [folder]);
    rmSync(folder, { recursive: true, force: true });
  });

  it('on a full disk is an io error that names the file, and the one before it is still there', function () {
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder]);
    if (mounted.status !== 0) skip(this, 'a small file system cannot be mounted here (needs root)');
    const first = saveCheckpoint(folder, checkpointOf(1, 100), 3);
    assert.throws(
      () => saveCheckpoint(folder, checkpointOf(2, 200), 3),
      (error: unknown) => error instanceof RobencError && error.code === 'io' && /step-00000002.*ENOSPC.*Free some space/.test(error.message),
    );
    assert.equal(loadCheckpoint(first).step, 1);
    assert.deepEqual(readdirSync(join(folder, 'checkpoints')), ['step-00000001.safetensors']);
  });

  it('where a file stands in place of the folder is an io error that names it', () => {
    writeFileSync(join(folder, 'checkpoints'), '');
    assert.throws(() => saveCheckpoint(folder, checkpointOf(1, 1), 3), { name: 'RobencError', code: 'io', message: /checkpoints.*another output folder/ });
    assert.equal(
      loadNewest(join(folder, 'nothing'), () => assert.fail('there is nothing to be broken')),
      null,
    );
  });
});
