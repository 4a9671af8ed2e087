/** @file Estimates of memory: what they count, and what is refused. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadRunConfig } from '@robenc/shared/config/run.js';
import { openImageSet } from '@robenc/shared/data/open.js';
import { prepareEngineThread } from '../../../train/engines/thread.js';
import { largestBatch, refuseTooLarge, refuseWithoutRoom } from '../../../train/memory/check.js';
import { estimateMemory } from '../../../train/memory/estimate.js';
import { trainingData } from '../../../train/run/data.js';
import { planOf } from '../../../train/run/plan.js';
import { train } from '../../../train/run/run.js';

const RUN = {
  name: 'small',
  data: { name: 'shapes', limit: 64 },
  batchSize: 32,
  views: { count: 4 },
  maxSteps: 3,
  encoder: { name: 'resnet-small' },
  engine: { device: 'cpu', threads: 2 },
};

async function estimateOf(run: object, onHost = true) {
  const plan = planOf(loadRunConfig(run));
  const thread = await prepareEngineThread(plan.run);
  await thread.close();
  return estimateMemory(plan, { ...thread, set: await openImageSet(trainingData(plan.run)), step: thread.memory!, onHost });
}

describe('the estimate of the memory of a run', function () {
  this.timeout(240_000);

  it('grows with the batch in views and activations, in proportion, and not in the rest; on a GPU activations lie elsewhere', async () => {
    const [one, two, gpu] = [await estimateOf(RUN), await estimateOf({ ...RUN, batchSize: 64 }), await estimateOf(RUN, false)];
    for (const part of ['program', 'data', 'state'] as const) assert.ok(Math.abs(two[part] / one[part] - 1) < 0.02, part);
    for (const part of ['views', 'activations'] as const) assert.ok(Math.abs(two[part] / one[part] - 2) < 0.1, `${part}: ${two[part] / one[part]}`);
    assert.equal(gpu.activations, 0);
  });

  it('is refused where there is less, with what takes most and a batch that fits', async () => {
    const estimate = await estimateOf({ ...RUN, batchSize: 64 });
    const available = estimate.program + estimate.state + estimate.data + (estimate.views + estimate.activations) / 2;
    const fits = largestBatch(estimate, { available, batch: 64 });
    assert.ok(fits === 32 || fits === 31, `${fits}`);
    assert.throws(() => refuseTooLarge(estimate, { available, batch: 64 }), {
      code: 'unavailable',
      message: new RegExp(`needs about .*activations .*are available.*--batch-size ${fits}\\..*--ignore-memory`),
    });
    assert.doesNotThrow(() => refuseTooLarge(estimate, { available: estimate.total, batch: 64 }));
    assert.throws(() => refuseTooLarge(estimate, { available: 1e6, batch: 64 }), /No batch fits: take a smaller encoder/);
  });

  it('asks whether a GPU works only where activations do not fit, leaves them out there, and says when the one that is named does not', async () => {
    const plan = planOf(loadRunConfig(RUN));
    const thread = await prepareEngineThread(plan.run);
    await thread.close();
    const set = await openImageSet(trainingData(plan.run));
    const on = (device: 'auto' | 'cpu' | 'cuda') => ({ ...plan, run: { ...plan.run, engine: { ...plan.run.engine, device } } });
    const { total, activations } = await estimateOf(RUN);
    const tried: string[] = [];
    const checked = (device: 'auto' | 'cpu' | 'cuda', available: number, works: boolean) =>
      refuseWithoutRoom(on(device), { stateBytes: thread.stateBytes, set, step: thread.memory, available }, (name) => {
        tried.push(name);
        return Promise.resolve(works);
      });
    await checked('auto', total, false);
    assert.deepEqual(tried, []);
    const host = total - activations / 2;
    await checked('auto', host, true);
    await checked('cuda', host, true);
    assert.deepEqual(tried, ['cuda', 'cuda']);
    await assert.rejects(checked('auto', host, false), { code: 'unavailable', message: /^The run needs/ });
    await assert.rejects(checked('cuda', host, false), { code: 'unavailable', message: /^The device cuda does not work here.*cuda12\. The run needs about/ });
    await assert.rejects(checked('cpu', host, true), { code: 'unavailable', message: /^The run needs/ });
    await assert.rejects(checked('auto', total - activations - 1, true), {
      code: 'unavailable',
      message: /^The run needs about .*\(state .*activations 0 MiB/,
    });
    assert.deepEqual(tried, ['cuda', 'cuda', 'cuda', 'cuda', 'cuda']);
  });

  it('refuses a run that this machine has no room for before anything is written', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'robenc-memory-'));
    try {
      const out = join(folder, 'run');
      const run = loadRunConfig({
        ...RUN,
        out,
        data: { name: 'shapes', limit: 64, size: 512 },
        batchSize: 64,
        encoder: { name: 'resnet-small', widths: [64, 128, 256] },
      });
      const start = train(run, { signal: new AbortController().signal, clock: () => 0, note: () => undefined, report: () => undefined });
      await assert.rejects(start, {
        code: 'unavailable',
        message: /The run needs about [\d.]+ GiB of memory.*are available.*(--batch-size \d+|No batch fits).*--ignore-memory/,
      });
      assert.equal(existsSync(out), false);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
