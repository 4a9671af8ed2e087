/** @file An audit that workers do over a real Redis is the audit of one process, whoever dies on the way. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOptions } from '@robenc/shared/config/command-options.js';
import type { AuditReport } from '@robenc/shared/config/audit.js';
import { readQueueAddress } from '@robenc/shared/jobs/queue/address.js';
import { workQueue } from '@robenc/shared/jobs/queue/work.js';
import { fromOnnx } from '@robenc/shared/graph/from-onnx.js';
import audit from '@robenc/audit/commands/audit.js';
import { unpackItem, unpackShared } from '@robenc/audit/queue/travel.js';
import { openEngine } from '@robenc/audit/work/engine.js';
import { packResult } from '@robenc/audit/work/result.js';
import { memoryContext } from '../context.js';
import { startRedis, type RedisServer } from '../redis.js';
import { colourModel, writeColourFolder } from './colour-world.js';
import { lastingReport } from './lasting.js';

describe('an audit over a queue', function () {
  let root: string;
  let data: string;
  let model: string;
  let redis: RedisServer;
  const workers = new Set<ChildProcess>();

  before(async function () {
    redis = await startRedis(this);
    root = mkdtempSync(join(tmpdir(), 'robenc-queue-'));
    ({ folder: data } = await writeColourFolder());
    model = join(root, 'model.onnx');
    writeFileSync(model, colourModel());
  });

  after(async () => {
    for (const worker of workers) worker.kill('SIGKILL');
    await redis?.stop();
    for (const folder of [root, data]) if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  const flags = { eps: ['4/255,8/255'], preset: 'standard', steps: '20', queries: '150', targets: '2', workers: '1', device: 'cpu', batchSize: '6' };

  async function run(out: string, more: Readonly<Record<string, unknown>> = {}) {
    const context = memoryContext({ cwd: root });
    const code = await audit.run({ model, ...readOptions(audit, { data, ...flags, out: join(root, out), ...more }) }, context);
    return { code, context, report: context.results[0] as AuditReport };
  }

  function startWorker(...more: readonly string[]): ChildProcess {
    const line = ['cli/robenc.mjs', 'audit', 'worker', '--queue', redis.address, '--workers', '1', '--device', 'cpu', '--lease-seconds', '2', ...more];
    const worker = spawn(process.execPath, line, { stdio: ['ignore', 'ignore', 'pipe'] });
    workers.add(worker);
    worker.on('exit', () => workers.delete(worker));
    return worker;
  }

  it('gives the report of one process, with two workers of which both are killed and one comes anew', async () => {
    await run('here');
    const first = [startWorker('--cache', join(root, 'cache')), startWorker()];
    const running = run('queued', { queue: redis.address });
    for (const worker of first) {
      // Its first words on the audit: it has an item.
      for await (const line of worker.stderr!) if (String(line).includes('Audit of the classifier')) break;
      worker.kill('SIGKILL');
    }
    startWorker('--cache', join(root, 'cache'));
    const { code, context } = await running;
    assert.equal(code, 0);
    assert.equal(lastingReport(join(root, 'queued')), lastingReport(join(root, 'here')));
    assert.deepEqual(
      context.notes.filter((note) => /set aside/.test(note)),
      [],
    );
    assert.match(readdirSync(join(root, 'cache')).join(), /^[0-9a-f]{64}\.onnx$/);
    const command = readFileSync(join(root, 'queued', 'report.html'), 'utf8');
    assert.ok(command.includes('robenc audit') && !command.includes('--queue'), 'the command to reproduce needs no queue');
  });

  it('stopped workers end with what they did, and give back what they had', async () => {
    const worker = [...workers][0]!;
    const ended = once(worker, 'exit');
    worker.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null]);
  });

  it('names a part that was set aside, and what that leaves is an upper bound', async () => {
    for (const worker of workers) worker.kill('SIGTERM');
    const address = readQueueAddress(`${redis.address}/aside`);
    const stop = new AbortController();
    const worked = workQueue({
      address,
      parallel: 1,
      leaseSeconds: 5,
      signal: stop.signal,
      tell: () => undefined,
      async open(context, fetch) {
        const { plan, classifier } = unpackShared(context);
        const engine = await openEngine(fromOnnx(await fetch(classifier)), plan, { workers: 1, device: 'cpu' });
        return {
          async run(id, payload, signal) {
            if (id === '0001-000002') throw new Error('the disk is full');
            return packResult(await engine.run(unpackItem(payload), signal));
          },
          close: () => engine.close(),
        };
      },
    });
    const { context, report } = await run('aside', { queue: `${redis.address}/aside`, tries: '2' });
    stop.abort();
    await worked;
    assert.equal(report.complete, false);
    assert.equal(report.incomplete, '1 parts failed and were set aside: images 13 to 18 at apgd 4/255: the disk is full');
    assert.ok(context.notes.includes('Set aside, images 13 to 18 at apgd 4/255: the disk is full'));
    // The folder has the rest; without the queue the missing part is made up for.
    await run('aside', { resume: true });
    assert.equal(lastingReport(join(root, 'aside')), lastingReport(join(root, 'here')));
  });

  it('is refused for a model behind a server, and for an address that is none', async () => {
    await assert.rejects(run('wrong', { queue: 'localhost' }), { code: 'usage', field: 'queue' });
    await assert.rejects(run('nobody', { queue: 'redis://127.0.0.1:1' }), { code: 'unavailable', field: 'queue' });
    assert.deepEqual(
      readdirSync(root).filter((name) => name === 'wrong'),
      [],
    );
  });
});
