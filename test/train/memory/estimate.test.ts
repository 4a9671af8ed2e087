/** @file Estimates of memory: what they count, and what is refused. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadRunConfig } from '@robenc/shared/config/run.js';
import { openImageSet } from '@robenc/shared/data/open.js';
import { prepareEngineThread } from '../../../train/engines/thread.js';
import { largestBatch, refuseTooLarge } from '../../../train/memory/check.js';
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
