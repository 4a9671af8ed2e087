/** @file A run that is killed goes on from its last checkpoint as if nothing had happened. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readMetrics } from '../../../train/run/metrics.js';
import { until } from '../../until.js';
import { TINY_RUN } from '../tiny-run.js';

const ROBENC = join(import.meta.dirname, '../../../cli/robenc.mjs');
const RUN = { ...TINY_RUN, name: 'tiny', data: { ...TINY_RUN.data, limit: 64 }, epochs: 3, checkpoint: { everyMinutes: 1e-6 } };

interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `robenc train`; `until` may kill it. */
async function robenc(args: readonly string[], until?: (kill: () => void) => Promise<void>): Promise<Finished> {
  const child = spawn(process.execPath, [ROBENC, 'train', ...args, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const exit = new Promise<number | null>((resolve) => child.on('exit', resolve));
  await until?.(() => child.kill('SIGKILL'));
  return { code: await exit, stdout, stderr };
}

describe('resuming', function () {
  this.timeout(180_000);
  let folder: string;
  let runFile: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'robenc-resume-'));
    runFile = join(folder, 'run.json');
    writeFileSync(runFile, JSON.stringify(RUN));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('a run killed with SIGKILL and resumed ends with the very parameters of an uninterrupted one', async () => {
    // Ten times as many steps as come before the kill, and more: a fast machine takes one in a few milliseconds.
    writeFileSync(runFile, JSON.stringify({ ...RUN, epochs: 12 }));
    const whole = await robenc([runFile, '--out', join(folder, 'whole')]);
    assert.equal(whole.code, 0, whole.stderr);
    const out = join(folder, 'killed');
    const killed = await robenc([runFile, '--out', out], async (kill) => {
      const checkpoints = join(out, 'checkpoints');
      const steps = () => (existsSync(checkpoints) ? readdirSync(checkpoints).map((name) => Number(/^step-(\d+)/.exec(name)?.[1] ?? 0)) : []);
      await until(() => steps().some((step) => step >= 4), 'the fourth step', 2);
      kill();
    });
    assert.equal(killed.code, null, 'the run was over before it could be killed');
    const resumed = await robenc([runFile, '--out', out, '--resume']);
    assert.equal(resumed.code, 0, resumed.stderr);
    const digest = (text: string): string => (JSON.parse(text) as { stateDigest: string }).stateDigest;
    assert.match(digest(whole.stdout), /^[0-9a-f]{64}$/);
    assert.equal(digest(resumed.stdout), digest(whole.stdout));
    assert.deepEqual(
      readMetrics(out).map((record) => [record.step, record.loss]),
      readMetrics(join(folder, 'whole')).map((record) => [record.step, record.loss]),
    );
  });

  it('a broken newest checkpoint is named and the one before it is used', async () => {
    const out = join(folder, 'run');
    assert.equal((await robenc([runFile, '--out', out])).code, 0);
    const checkpoints = readdirSync(join(out, 'checkpoints')).sort();
    assert.ok(checkpoints.length >= 2);
    const newest = join(out, 'checkpoints', checkpoints.at(-1)!);
    writeFileSync(newest, readFileSync(newest).subarray(0, 1000));
    const resumed = await robenc([runFile, '--out', out, '--resume']);
    assert.equal(resumed.code, 0, resumed.stderr);
    assert.match(resumed.stderr, new RegExp(checkpoints.at(-1)!.replaceAll('.', '\\.')));
  });

  it('takes away the files that a killed process left half written, and no others', async () => {
    const out = join(folder, 'run');
    assert.equal((await robenc([runFile, '--out', out])).code, 0);
    const gone = spawnSync(process.execPath, ['-e', '']).pid;
    const stale = [`checkpoints/.step-00000009.safetensors.${gone}.tmp`, `checkpoints/.best.safetensors.${gone}.tmp`, `.metrics.jsonl.${gone}.tmp`];
    // Of this process, which runs; of others that this command does not write.
    const others = [`checkpoints/.step-00000009.safetensors.${process.pid}.tmp`, `checkpoints/.notes.txt.${gone}.tmp`, `.report.html.${gone}.tmp`];
    for (const mode of ['--resume', '--force']) {
      for (const name of [...stale, ...others]) writeFileSync(join(out, name), 'half');
      const again = await robenc([runFile, '--out', out, mode]);
      assert.equal(again.code, 0, again.stderr);
      assert.match(again.stderr, /Removed what processes that were killed left unfinished in .*: 3 files, 0\.0 MiB/);
      for (const name of stale) assert.equal(existsSync(join(out, name)), false, `${mode}: ${name}`);
      for (const name of others) assert.equal(existsSync(join(out, name)), true, `${mode}: ${name}`);
    }
  });

  it('a folder with another run in it is refused, and so is one with other settings on --resume', async () => {
    const out = join(folder, 'run');
    assert.equal((await robenc([runFile, '--out', out])).code, 0);
    const again = await robenc([runFile, '--out', out]);
    assert.equal(again.code, 2);
    assert.match(again.stdout, /not empty.*--resume.*--force/);
    const other = await robenc([runFile, '--out', out, '--resume', '--seed', '9']);
    assert.equal(other.code, 2);
    assert.match(other.stdout, /other settings/);
  });
});
