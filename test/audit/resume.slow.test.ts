/** @file Twenty kills at random points of an audit: the report is that of one that was left alone, byte for byte but for times. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOptions } from '@robenc/shared/config/command-options.js';
import audit from '@robenc/audit/commands/audit.js';
import { listResults } from '@robenc/shared/jobs/store.js';
import { Random } from '@robenc/shared/math/random.js';
import { memoryContext } from '../context.js';
import { colourModel, writeColourFolder } from './colour-world.js';
import { lastingReport } from './lasting.js';

const KILLS = 20;

describe('an audit that is killed over and over', function () {
  this.timeout(40 * 60_000);
  let root: string;
  let data: string;

  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'robenc-kills-'));
    ({ folder: data } = await writeColourFolder({ perClass: 40 }));
    writeFileSync(join(root, 'model.onnx'), colourModel());
  });

  after(() => {
    for (const folder of [root, data]) rmSync(folder, { recursive: true });
  });

  const flags = { eps: '4/255,8/255', preset: 'standard', steps: '20', queries: '100', targets: '2', workers: '1', device: 'cpu', batchSize: '6' };

  async function run(out: string, more: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const context = memoryContext({ cwd: root });
    await audit.run({ model: 'model.onnx', ...readOptions(audit, { data, ...flags, eps: [flags.eps], out: join(root, out), ...more }) }, context);
  }

  it(`${KILLS} times ends with the same report`, async () => {
    await run('whole');
    const items = (out: string) => listResults(join(root, out, 'state', 'items')).length;
    const line = ['cli/robenc.mjs', 'audit', join(root, 'model.onnx'), '--data', data, '--out', join(root, 'killed'), '--resume'];
    for (const [name, value] of Object.entries(flags)) line.push(`--${name.replace('batchSize', 'batch-size')}`, value);
    const random = new Random(11, 'kills');
    const moments = Array.from({ length: KILLS }, () => random.integer(Math.floor(0.9 * items('whole')))).sort((a, b) => a - b);
    for (const moment of moments) {
      const child = spawn(process.execPath, line, { stdio: 'ignore' });
      const ended = once(child, 'exit');
      while (child.exitCode === null && items('killed') < moment) await new Promise((resolve) => setTimeout(resolve, 5));
      // Also before the first item of a run, and within writes.
      await new Promise((resolve) => setTimeout(resolve, random.integer(300)));
      child.kill('SIGKILL');
      await ended;
    }
    assert.ok(!existsSync(join(root, 'killed', 'audit.json')), 'every kill came before its end');
    await run('killed', { resume: true });
    assert.equal(lastingReport(join(root, 'killed')), lastingReport(join(root, 'whole')));
  });
});
