/** @file The folder of a run: one process at a time, one run, moved where its owner likes; what is broken in it is named and never written over. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RobencError } from '@robenc/shared/errors.js';
import { claimOutputFolder } from '@robenc/shared/files.js';
import { claimRun } from '../../../train/run/claim.js';
import { openRun } from '../../../train/run/folder.js';
import { readMetrics } from '../../../train/run/metrics.js';
import { skip } from '../../skip.js';
import { until } from '../../until.js';
import { TINY_RUN } from '../tiny-run.js';

const ROBENC = join(import.meta.dirname, '../../../cli/robenc.mjs');
const RUN = { ...TINY_RUN, name: 'tiny', data: { ...TINY_RUN.data, limit: 32 }, epochs: 2 };

function robenc(...args: string[]): { code: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [ROBENC, ...args], { encoding: 'utf8' });
  return { code: status, output: stdout + stderr };
}

describe('the folder of a run', function () {
  this.timeout(180_000);
  let folder: string;
  let runFile: string;
  let out: string;
  const start = (...args: string[]) => robenc('train', runFile, '--out', out, ...args);
  const checkpoints = () => readdirSync(join(out, 'checkpoints')).filter((name) => name.startsWith('step-'));
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'robenc-run-'));
    runFile = join(folder, 'tiny.json');
    out = join(folder, 'run');
    writeFileSync(runFile, JSON.stringify(RUN));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('may be moved: its own run.json goes on where it lies', () => {
    const part = start('--max-steps', '4');
    assert.equal(part.code, 0, part.output);
    const moved = join(folder, 'moved');
    renameSync(out, moved);
    const again = robenc('train', join(moved, 'run.json'), '--resume');
    assert.equal(again.code, 0, again.output);
    assert.match(again.output, /Going on in .*moved, where the run file lies/);
    assert.match(again.output, /Going on after batch 4/);
    assert.equal(existsSync(out), false, 'nothing is begun in the old place');
    const elsewhere = join(folder, 'elsewhere');
    const sent = robenc('train', join(moved, 'run.json'), '--resume', '--set', `out=${elsewhere}`);
    assert.match(sent.output, /No checkpoint in .*elsewhere yet/);
  });

  it('with checkpoints none of which can be read is not begun anew, and keeps its metrics', () => {
    assert.equal(start().code, 0);
    for (const name of checkpoints()) writeFileSync(join(out, 'checkpoints', name), 'no checkpoint');
    const metrics = readFileSync(join(out, 'metrics.jsonl'), 'utf8');
    const again = start('--resume');
    assert.notEqual(again.code, 0);
    assert.match(again.output, /None of the checkpoints in .* can be used\..*--force/);
    assert.equal(readFileSync(join(out, 'metrics.jsonl'), 'utf8'), metrics);
  });

  it('with other settings is refused with these settings', () => {
    assert.equal(start().code, 0);
    const again = start('--resume', '--learning-rate', '0.1', '--threads', '2');
    assert.equal(again.code, 2);
    assert.match(again.output, /engine\.threads \(there 1, here 2\), optimizer\.learningRate \(there 0\.3, here 0\.1\)/);
    assert.doesNotMatch(again.output, /\bout \(there/);
  });

  it('cannot be gone on with and begun anew at once', () => {
    const both = start('--resume', '--force');
    assert.equal(both.code, 2);
    assert.match(both.output, /Pass one of them/);
  });

  it('has one process at a time, and is free again when that one was killed', async () => {
    writeFileSync(runFile, JSON.stringify({ ...RUN, epochs: 500 }));
    const first = spawn(process.execPath, [ROBENC, 'train', runFile, '--out', out], { stdio: 'ignore' });
    const ended = new Promise((resolve) => first.on('exit', resolve));
    try {
      await until(() => readMetrics(out).length > 0, 'the first step', 60);
      const second = start('--resume');
      assert.match(second.output, new RegExp(`Process ${first.pid} trains in .* already`));
      assert.notEqual(second.code, 0);
    } finally {
      first.kill('SIGKILL');
      await ended;
    }
    const third = start('--resume', '--max-steps', '1', '--epochs', '500');
    assert.doesNotMatch(third.output, /trains in/);
  });

  it('claimed on another machine is taken, and the claim is told', () => {
    mkdirSync(out);
    writeFileSync(join(out, 'trainer.json'), JSON.stringify({ pid: 1, start: '5', host: 'elsewhere' }));
    const notes: string[] = [];
    const release = claimRun(out, (line) => notes.push(line));
    assert.match(notes.join(), /process 1 on elsewhere trains here/);
    assert.throws(() => claimRun(out, () => undefined), { code: 'busy' });
    release();
    claimRun(out, () => undefined)();
  });

  it("with another run's checkpoint gives no encoder", () => {
    assert.equal(start().code, 0);
    const other = join(folder, 'other');
    assert.equal(robenc('train', runFile, '--out', other, '--set', 'encoder.widths=[8,8]').code, 0);
    const name = checkpoints().at(-1)!;
    cpSync(join(other, 'checkpoints', name), join(out, 'checkpoints', name));
    assert.throws(
      () => openRun(out),
      (error: RobencError) => error.code === 'bad-file' && /of another run than the run\.json beside it: .*is \[/.test(error.message),
    );
  });

  it('whose newest checkpoint is broken says how to use the others', () => {
    assert.equal(start().code, 0);
    writeFileSync(join(out, 'checkpoints', checkpoints().at(-1)!), 'no checkpoint');
    assert.throws(
      () => openRun(out),
      (error: RobencError) => error.code === 'bad-file' && /--resume.*checkpoint\.use to "best"/.test(error.message),
    );
  });

  it('never holds a state that broke in its last update', () => {
    const broken = start('--adversary', 'none', '--set', 'optimizer.name=sgd', '--learning-rate', '1e30', '--max-steps', '1');
    assert.notEqual(broken.code, 0);
    assert.match(broken.output, /Training broke at step 1: .* holds .*There is no checkpoint yet\. Lower optimizer\.learningRate/);
    assert.equal(existsSync(join(out, 'checkpoints')), false);
  });

  it('that a file system refuses in an odd way is refused', function () {
    if (!existsSync('/proc/self')) skip(this, 'this system has no /proc');
    assert.throws(() => claimOutputFolder('/proc/robenc'), { code: 'io' });
    assert.throws(() => claimOutputFolder('/proc/robenc/below'), { code: 'io' });
  });

  it('has a checkpoint when whatever read the output has gone', async () => {
    writeFileSync(runFile, JSON.stringify({ ...RUN, epochs: 500 }));
    const child = spawn(process.execPath, [ROBENC, 'train', runFile, '--out', out], { stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = new Promise((resolve) => child.on('exit', resolve));
    await until(() => readMetrics(out).length > 0, 'the first step', 60);
    child.stdout.destroy();
    child.stderr.destroy();
    assert.equal(await ended, 3);
    assert.ok(checkpoints().length > 0);
    assert.equal((JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8')) as { ending: string }).ending, 'stopped');
  });
});
