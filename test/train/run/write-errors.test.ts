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
  return { step, seconds: step, runDigest: '0'.repeat(64), madeBy: '', score: null, state: { params: { weights }, encoderState: {}, slots: {}, delta: null } };
}

const ROBENC = join(import.meta.dirname, '../../../cli/robenc.mjs');
const RUN = {
  name: 'tiny',
  data: { name: 'shapes', limit: 32, size: 16 },
  batchSize: 8,
  epochs: 1,
  views: { count: 2 },
  encoder: { name: 'resnet-small', widths: [4, 8], embedding: 32, projection: 16 },
  engine: { threads: 1, device: 'cpu' },
  checkpoint: { everyMinutes: 1e-6 },
};

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
      (error: unknown) =>
        error instanceof RobencError && error.code === 'io' && /step-00000002.*ENOSPC.*Free some space.*step-00000001.* is whole.*--resume/.test(error.message),
    );
    assert.equal(loadCheckpoint(first).step, 1);
    assert.deepEqual(readdirSync(join(folder, 'checkpoints')), ['step-00000001.safetensors']);
  });

  it('ends a run with an error that says what is left, and the run goes on from there once there is room', function () {
    this.timeout(300_000);
    const runFile = join(folder, 'run.json');
    const out = join(folder, 'run');
    writeFileSync(runFile, JSON.stringify(RUN));
    // The shell's limit on the size of files: writing beyond it fails with EFBIG.
    const robenc = (limit: string, ...args: string[]) =>
      spawnSync('bash', ['-c', `ulimit -f ${limit}; exec "$0" "$@"`, process.execPath, ROBENC, 'train', runFile, '--json', '--out', out, ...args], {
        encoding: 'utf8',
      });
    const started = robenc('unlimited', '--max-minutes', '1e-9');
    if (started.error) skip(this, 'there is no bash');
    assert.equal(started.status, 0, started.stderr);
    const before = readdirSync(join(out, 'checkpoints'));
    const failed = robenc('16', '--resume');
    assert.equal(failed.status, 3, failed.stderr);
    assert.match(failed.stderr, /Could not write .*step-00000001\.safetensors: EFBIG.*Free some space.*step-00000000\.safetensors, is whole.*--resume/);
    assert.deepEqual(readdirSync(join(out, 'checkpoints')), before);
    assert.equal(loadNewest(out, () => assert.fail('it is whole'))?.step, 0);
    const resumed = robenc('unlimited', '--resume');
    assert.equal(resumed.status, 0, resumed.stderr);
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
