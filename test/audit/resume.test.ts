/** @file An audit that is killed and goes on, or is done in shards, ends with the report of one that was left alone; two audits are compared image by image. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { readOptions } from '@robenc/shared/config/command-options.js';
import type { AuditReport } from '@robenc/shared/config/audit.js';
import audit from '@robenc/audit/commands/audit.js';
import diff from '@robenc/audit/commands/diff.js';
import { listResults } from '@robenc/shared/jobs/store.js';
import { Random } from '@robenc/shared/math/random.js';
import { memoryContext } from '../context.js';
import { colourModel, writeColourFolder } from './colour-world.js';
import { lastingReport } from './lasting.js';
import { diffAudits } from '@robenc/audit/diff.js';

describe('an audit with its state in a folder', () => {
  let root: string;
  let data: string;
  let model: string;

  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'robenc-resume-'));
    ({ folder: data } = await writeColourFolder());
    model = join(root, 'model.onnx');
    writeFileSync(model, colourModel());
  });

  after(() => {
    rmSync(root, { recursive: true });
    rmSync(data, { recursive: true });
  });

  const flags = { eps: ['4/255,8/255'], preset: 'standard', steps: '20', queries: '150', targets: '2', workers: '1', device: 'cpu', batchSize: '6' };

  async function run(out: string, more: Readonly<Record<string, unknown>> = {}, signal = new AbortController().signal) {
    const context = memoryContext({ cwd: root, signal });
    const code = await audit.run({ model, ...readOptions(audit, { data, ...flags, out: join(root, out), ...more }) }, context);
    return { code, context };
  }

  const lasting = (out: string) => lastingReport(join(root, out));

  it('is the same after kills at random points, and tells survivors per stage', async () => {
    await run('whole');
    const report = JSON.parse(readFileSync(join(root, 'whole', 'audit.json'), 'utf8')) as AuditReport;
    for (const { stages, robustCorrect } of report.results) {
      assert.deepEqual(
        stages.map(({ attack }) => attack),
        ['apgd', 'apgd-t', 'fab-t', 'square'],
      );
      assert.equal(stages.at(-1)!.survivors, robustCorrect);
      for (const [i, stage] of stages.slice(1).entries()) assert.equal(stage.survivors, stages[i]!.survivors - stage.broken);
    }
    const line = ['cli/robenc.mjs', 'audit', model, '--data', data, '--out', join(root, 'killed'), '--resume'];
    for (const [name, value] of Object.entries(flags)) line.push(`--${name.replace('batchSize', 'batch-size')}`, String(value));
    const random = new Random(5, 'kills');
    for (let kill = 0; kill < 3; kill++) {
      const child = spawn(process.execPath, line, { stdio: 'ignore' });
      const ended = once(child, 'exit');
      // After another few items are there.
      const wanted = listResults(join(root, 'killed', 'state', 'items')).length + 1 + random.integer(12);
      while (child.exitCode === null && listResults(join(root, 'killed', 'state', 'items')).length < wanted)
        await new Promise((resolve) => setTimeout(resolve, 5));
      child.kill('SIGKILL');
      await ended;
    }
    assert.ok(!readdirSync(join(root, 'killed')).includes('audit.json'), 'it was killed before its end');
    const { context } = await run('killed', { resume: true });
    assert.ok(context.notes.some((note) => /^Going on from \d+ finished items/.test(note)));
    assert.equal(lasting('killed'), lasting('whole'));
  });

  it('goes on after it was stopped, and refuses the state of another audit, saying what differs', async () => {
    const stop = new AbortController();
    const running = run('stopped', {}, stop.signal);
    const poll = setInterval(() => listResults(join(root, 'stopped', 'state', 'items')).length > 8 && stop.abort(), 2);
    await assert.rejects(running, { code: 'cancelled' });
    clearInterval(poll);
    await assert.rejects(run('stopped', { resume: true, seed: '1' }), /differs in the attacks, radii or the seed/);
    await assert.rejects(run('stopped', { resume: true, range: ['0,255'] }), /differs in the model or its preprocessing/);
    await run('stopped', { resume: true });
    assert.equal(lasting('stopped'), lasting('whole'));
  });

  it('in shards that are put together is the whole audit', async () => {
    const first = await run('shard-1', { shard: '1/2' });
    assert.equal((first.context.results[0] as AuditReport).incomplete, 'shard 1 of 2');
    await run('shard-2', { shard: '2/2' });
    const { context } = await run('merged', { merge: [join(root, 'shard-1'), join(root, 'shard-2')] });
    assert.equal(lasting('merged'), lasting('whole'));
    assert.ok(context.notes.some((note) => note.startsWith('Going on from')));
    await assert.rejects(run('bad-shard', { shard: '3/2' }), { code: 'usage' });
  });

  it('out of time reports an upper bound that is marked as such', async () => {
    const { code, context } = await run('short', { maxMinutes: '0', failUnder: '0.1' });
    const report = context.results[0] as AuditReport;
    assert.deepEqual([code, report.complete, report.passed], [4, false, false]);
    assert.match(report.incomplete!, /time ran out/);
  });

  it('writes reports that stand alone', async () => {
    const html = readFileSync(join(root, 'whole', 'report.html'), 'utf8');
    assert.ok(!/<script|src="(?!data:)|href=|@import|url\(/.test(html), 'nothing is run or loaded');
    for (const part of ['95 % interval', 'apgd-t', 'By class', 'data:image/png', 'prefers-color-scheme:dark', '@media print', 'robenc audit'])
      assert.ok(html.includes(part), part);
    const xml = readFileSync(join(root, 'whole', 'junit.xml'), 'utf8');
    assert.match(xml, /<testsuite name="robenc audit" tests="2" failures="0" errors="0" skipped="0"/);
  });

  it('is compared with another one image by image', async () => {
    await run('weak', { preset: undefined, attack: 'fgsm', steps: undefined, queries: undefined, targets: undefined });
    const context = memoryContext({ cwd: root });
    assert.equal(await diff.run({ before: 'weak', after: 'whole', failOnLoss: true }, context), 0);
    const { results, warnings } = context.results[0] as ReturnType<typeof diffAudits>;
    assert.deepEqual(
      results.map(({ images, lost, gained, pValue }) => [images, lost, gained, pValue]),
      [
        [36, 0, 0, 1],
        [36, 0, 0, 1],
      ],
    );
    assert.match(warnings[0]!, /attacks are not the same/);
    assert.ok(context.lines.some((line) => /^no attack +36 /.test(line)) && context.lines.includes(`Before: ${model}`), context.lines.join('\n'));
    for (const out of ['foggy', 'foggier'])
      await run(out, { preset: 'corruptions', corruptions: ['contrast'], eps: [], steps: undefined, queries: undefined, targets: undefined });
    const corrupted = diffAudits(join(root, 'foggy'), join(root, 'foggier'));
    assert.deepEqual([corrupted.results, corrupted.clean.images, corrupted.corruptions![0]], [[], 36, corrupted.corruptions![1]]);
    assert.ok(corrupted.corruptions![0] > 0);
    const cut = join(root, 'weak', 'samples.csv');
    writeFileSync(cut, readFileSync(cut).subarray(0, 900));
    assert.throws(() => diffAudits(join(root, 'weak'), join(root, 'whole')), /samples\.csv has \d+ lines, and audit\.json beside it speaks of 72/);
  });

  it('says where what was done is kept, or that it is not', async () => {
    const stop = AbortSignal.abort();
    await assert.rejects(run('kept', {}, stop), /What it did is kept in .*kept: go on with --resume/);
    await assert.rejects(run('kept', { out: undefined }, stop), /Nothing of it is kept: give a folder with --out/);
  });

  it('names files of the state that are damaged', async () => {
    await run('damaged', { preset: undefined, attack: 'fgsm', steps: undefined, queries: undefined, targets: undefined });
    const again = () => run('damaged', { preset: undefined, attack: 'fgsm', steps: undefined, queries: undefined, targets: undefined, resume: true });
    const items = join(root, 'damaged', 'state', 'items');
    const item = join(items, readdirSync(items)[0]!);
    const whole = readFileSync(item);
    writeFileSync(item, whole.subarray(0, 50));
    await assert.rejects(again(), (error: Error) => error.message.includes(`state/items/${basename(item)}`) && /Delete the file/.test(error.message));
    writeFileSync(item, whole);
    const identity = join(root, 'damaged', 'state', 'identity.json');
    for (const text of ['{ no', '{}', 'null']) {
      writeFileSync(identity, text);
      await assert.rejects(again(), (error: Error) => error.message.startsWith(identity) && /Begin anew with --force/.test(error.message), text);
    }
    writeFileSync(join(root, 'a-file'), '');
    await assert.rejects(run('a-file'), /a-file is a file\. Give a folder/);
  });
});
