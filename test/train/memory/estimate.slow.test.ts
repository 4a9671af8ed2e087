/** @file The estimate of the memory of a run beside what the process of a small run takes. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadRunConfig } from '@robenc/shared/config/run.js';
import { openImageSet } from '@robenc/shared/data/open.js';
import { prepareEngineThread } from '../../../train/engines/thread.js';
import { estimateMemory } from '../../../train/memory/estimate.js';
import { trainingData } from '../../../train/run/data.js';
import { planOf } from '../../../train/run/plan.js';

const ROBENC = join(import.meta.dirname, '../../../cli/robenc.mjs');
/** The estimate may be so far from the truth, either way. */
const FACTOR = 2;
const RUN = {
  name: 'small',
  data: { name: 'shapes', limit: 64 },
  batchSize: 32,
  views: { count: 4 },
  maxSteps: 3,
  encoder: { name: 'resnet-small' },
  engine: { device: 'cpu', threads: 2 },
};

describe('the estimate of the memory of a run', function () {
  this.timeout(20 * 60_000);

  it(`is within a factor of ${FACTOR} of the peak that the process of a small run has`, async function () {
    const folder = mkdtempSync(join(tmpdir(), 'robenc-memory-'));
    try {
      writeFileSync(join(folder, 'run.json'), JSON.stringify(RUN));
      // Told by the process itself when it ends; the loader of the program goes before it.
      const tell = `process.on('exit', () => process.stderr.write('peak ' + process.resourceUsage().maxRSS + '\\n'))`;
      writeFileSync(join(folder, 'tell.mjs'), tell);
      const args = ['--import', join(folder, 'tell.mjs'), ROBENC, 'train', join(folder, 'run.json'), '--out', join(folder, 'run')];
      const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
      assert.equal(status, 0, stderr);
      const measured = Math.max(...[...stderr.matchAll(/peak (\d+)/g)].map(([, kilobytes]) => Number(kilobytes) * 1024));
      const plan = planOf(loadRunConfig(RUN));
      const thread = await prepareEngineThread(plan.run);
      await thread.close();
      const { total } = estimateMemory(plan, { ...thread, set: await openImageSet(trainingData(plan.run)), step: thread.memory!, onHost: true });
      const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MB`;
      assert.ok(total < FACTOR * measured && measured < FACTOR * total, `estimated ${megabytes(total)}, measured ${megabytes(measured)}`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
