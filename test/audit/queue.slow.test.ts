/** @file A storm: four workers at a real Redis, twenty of them killed at random, Redis itself twice; the audit is that of one process. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOptions } from '@robenc/shared/config/command-options.js';
import audit from '@robenc/audit/commands/audit.js';
import { listResults } from '@robenc/shared/jobs/store.js';
import { Random } from '@robenc/shared/math/random.js';
import { memoryContext } from '../context.js';
import { startRedis, type RedisServer } from '../redis.js';
import { colourModel, writeColourFolder } from './colour-world.js';
import { lastingReport } from './lasting.js';

const [WORKERS, KILLS, CRASHES] = [4, 20, [6, 14]];

describe('an audit over a queue in a storm', function () {
  this.timeout(40 * 60_000);
  let root: string;
  let data: string;
  let redis: RedisServer;
  const workers: ChildProcess[] = [];

  before(async function () {
    redis = await startRedis(this);
    root = mkdtempSync(join(tmpdir(), 'robenc-storm-'));
    ({ folder: data } = await writeColourFolder({ perClass: 60 }));
    writeFileSync(join(root, 'model.onnx'), colourModel());
  });

  after(async () => {
    for (const worker of workers) worker.kill('SIGKILL');
    await redis?.stop();
    for (const folder of [root, data]) if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  async function run(out: string, more: Readonly<Record<string, unknown>> = {}) {
    const context = memoryContext({ cwd: root });
    const flags = { eps: ['4/255,8/255'], preset: 'standard', steps: '20', queries: '100', targets: '2', workers: '1', device: 'cpu', batchSize: '6' };
    await audit.run({ model: 'model.onnx', ...readOptions(audit, { data, ...flags, out: join(root, out), ...more }) }, context);
    return context;
  }

  function startWorker(): ChildProcess {
    const line = ['cli/robenc.mjs', 'audit', 'worker', '--queue', redis.address, '--workers', '1', '--device', 'cpu', '--lease-seconds', '2'];
    return spawn(process.execPath, line, { stdio: 'ignore' });
  }

  it(`${KILLS} kills of workers and ${CRASHES.length} of Redis change nothing in the report`, async () => {
    await run('here');
    for (let i = 0; i < WORKERS; i++) workers.push(startWorker());
    let isOver = false;
    const running = run('stormy', { queue: redis.address, tries: '100' }).finally(() => (isOver = true));
    const done = (folder: string) => listResults(join(root, folder, 'state', 'items')).length;
    const random = new Random(7, 'storm');
    // By how far the audit is, not by the clock, so that the machine's speed does not matter.
    const moments = Array.from({ length: KILLS }, () => random.integer(Math.floor(0.9 * done('here')))).sort((a, b) => a - b);
    let kills = 0;
    while (kills < KILLS && !isOver) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (done('stormy') < moments[kills]!) continue;
      const victim = random.integer(WORKERS);
      workers[victim]!.kill('SIGKILL');
      workers[victim] = startWorker();
      kills += 1;
      if (CRASHES.includes(kills)) await redis.crash();
    }
    const context = await running;
    assert.equal(kills, KILLS, 'all kills fell into the audit');
    assert.deepEqual(
      context.notes.filter((note) => /[Ss]et aside/.test(note)),
      [],
    );
    assert.equal(lastingReport(join(root, 'stormy')), lastingReport(join(root, 'here')));
  });
});
