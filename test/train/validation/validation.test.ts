/** @file Validations during training: what they measure, when, and that they change nothing of the run. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadRunConfig, type RunConfig } from '@robenc/shared/config/run.js';
import { openImageSet } from '@robenc/shared/data/open.js';
import { createBatch } from '@robenc/shared/attacks/batch.js';
import { differentiate } from '@robenc/shared/autodiff/differentiate.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import { floats } from '@robenc/shared/graph/value.js';
import { Random } from '@robenc/shared/math/random.js';
import { openSession } from '@robenc/shared/runtime/session.js';
import { bestPath, loadCheckpoint } from '../../../train/run/checkpoint.js';
import { encoderGraph } from '../../../train/run/encoder.js';
import { openRun } from '../../../train/run/folder.js';
import { readMetrics } from '../../../train/run/metrics.js';
import { firstState, planOf } from '../../../train/run/plan.js';
import { train } from '../../../train/run/run.js';
import type { TrainSummary } from '../../../train/run/summary.js';
import { isDue } from '../../../train/validation/cadence.js';
import { openValidationData } from '../../../train/validation/data.js';
import { openEmbeddingPgd } from '../../../train/validation/embedding-pgd.js';
import { validate, type ValidationSettings } from '../../../train/validation/validation.js';

const RUN = {
  name: 'tiny',
  seed: 4,
  data: { name: 'shapes', limit: 64, size: 16 },
  batchSize: 8,
  epochs: 1,
  views: { count: 2 },
  encoder: { name: 'resnet-small', widths: [4, 8], embedding: 16, projection: 8 },
  engine: { threads: 1, device: 'cpu' },
};
const VALIDATION = { images: 24, bank: 40, steps: 2 };

function start(run: RunConfig, options: { resume?: boolean } = {}): Promise<TrainSummary> {
  const signal = new AbortController().signal;
  return train(run, { ...options, signal, clock: () => performance.now() / 1000, note: () => undefined, report: () => undefined });
}

describe('validation during training', function () {
  this.timeout(120_000);
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'robenc-validation-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('leaves the parameters of a run bit by bit as they are without it, and writes its numbers to the metrics of the batches that it came after', async () => {
    const plain = await start(loadRunConfig({ ...RUN, out: join(folder, 'plain') }));
    const out = join(folder, 'validated');
    const validated = await start(loadRunConfig({ ...RUN, out, validation: { ...VALIDATION, everyEpochs: 0.5 } }));
    assert.equal(validated.stateDigest, plain.stateDigest);
    assert.equal(validated.runDigest, plain.runDigest, 'a run may be resumed with another validation');
    const found = readMetrics(out).flatMap(({ step, validation }) => (validation ? [{ step, ...validation }] : []));
    assert.deepEqual(
      found.map(({ step }) => step),
      [4, 8],
    );
    for (const { clean, robust, images, cosine } of found) {
      assert.equal(images, 24);
      assert.ok(robust >= 0 && robust <= clean && clean <= 1, `robust ${robust}, clean ${clean}`);
      assert.ok(cosine < 1 && cosine > -1);
    }
    const most = Math.max(...found.map(({ robust }) => robust));
    const best = loadCheckpoint(bestPath(out));
    assert.equal(best.score?.value, most);
    assert.ok(found.some(({ step, robust }) => step === best.step && robust === most));
    assert.equal(openRun(out).checkpoint.step, 8, 'the newest, unless the run file says otherwise');
    const file = join(out, 'run.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"use": "last"', '"use": "best"'));
    assert.deepEqual(openRun(out).checkpoint, best);
    const records = readMetrics(out);
    assert.ok(records.every(({ seconds }, i) => i === 0 || seconds >= records[i - 1]!.seconds));
  });

  it('says what is missing before anything is trained: labels, or images that training leaves out', async () => {
    const run = loadRunConfig({ ...RUN, validation: VALIDATION });
    const set = await openImageSet({ name: 'shapes', split: 'train', limit: 20, seed: 1, size: { height: 16, width: 16, fit: 'cover' } });
    await assert.rejects(openValidationData(run, { ...set, labels: null }, run.validation!), { code: 'bad-input', message: /needs labelled images.*Leave/ });
    await assert.rejects(openValidationData(run, { ...set, undivided: true }, run.validation!), { code: 'bad-input', message: /data\.holdOut.*--hold-out/ });
  });

  it('the attack stays in its ball and in [0,1], and turns embeddings away from the clean ones more than chance does', async () => {
    const plan = planOf(loadRunConfig(RUN));
    const encoder = await encoderGraph(plan.spec.encoder, firstState(plan), 16);
    const session = await openSession(toOnnx(differentiate(encoder, { wrt: 'image', loss: 'cosine-to-target' }).graph), { threads: 1 });
    try {
      const random = new Random(1, 'pixels');
      const x = createBatch(
        Float32Array.from({ length: 6 * 3 * 16 * 16 }, () => Math.min(1, Math.max(0, random.uniform(-0.2, 1.2)))),
        [3, 16, 16],
      );
      const embed = async (data: Float32Array) =>
        (await session.run({ image: floats(data, [6, 3, 16, 16]), target: floats(new Float32Array(6 * 16).fill(1), [6, 16]) }, ['embedding']))['embedding']!
          .data as Float32Array;
      const clean = await embed(x.data);
      const lossAt = async (data: Float32Array) => {
        const { loss } = await session.run({ image: floats(data, [6, 3, 16, 16]), target: floats(clean, [6, 16]) }, ['loss']);
        return (loss!.data as Float32Array).reduce((a, b) => a + b);
      };
      const epsilon = 8 / 255;
      const anchors = new Map(x.ids.map((id, i) => [id, clean.subarray(i * 16, (i + 1) * 16)]));
      const moved = async (steps: number) => {
        const attack = await openEmbeddingPgd(encoder, anchors, { epsilon, steps, seed: 3, workers: 1, device: 'cpu' });
        try {
          return await attack.turnAway(x);
        } finally {
          await attack.close();
        }
      };
      const [chance, attacked] = [await moved(0), await moved(5)];
      assert.ok((await lossAt(attacked.data)) > 2 * (await lossAt(chance.data)));
      attacked.data.forEach((value, i) => {
        assert.ok(value >= 0 && value <= 1 && Math.abs(value - x.data[i]!) <= epsilon + 1e-6, `pixel ${i}: ${value} from ${x.data[i]}`);
      });
    } finally {
      await session.close();
    }
  });

  it('at radius 0 the robust accuracy is the clean one, which does not depend on how many workers there are', async () => {
    const plan = planOf(loadRunConfig(RUN));
    const encoder = await encoderGraph(plan.spec.encoder, firstState(plan), 16);
    const common = { name: 'shapes', seed: 1, size: { height: 16, width: 16, fit: 'cover' } } as const;
    const [bank, heldOut] = [await openImageSet({ ...common, split: 'train', limit: 100 }), await openImageSet({ ...common, split: 'test', limit: 70 })];
    const settings = loadRunConfig({ validation: VALIDATION }).validation!;
    const job = { encoder, bank, heldOut, seed: 1, device: 'cpu' as const };
    const attacked = await validate({ ...job, settings, workers: 2 });
    const still = await validate({ ...job, settings: { ...settings, epsilon: 0 }, workers: 1 });
    assert.equal(still.robust, still.clean);
    assert.equal(still.clean, attacked.clean);
    assert.ok(Math.abs(still.cosine - 1) < 1e-5);
  });
});

describe('when a run validates', () => {
  const settings = (given: Partial<ValidationSettings>) => loadRunConfig({ validation: given }).validation!;
  const due = (given: Partial<ValidationSettings>, before: [number, number], now: [number, number]) =>
    isDue(settings(given), 10, { step: before[0], seconds: before[1] }, { step: now[0], seconds: now[1] });

  it('after every epoch where nothing else is said', () => {
    assert.equal(due({}, [0, 0], [9, 1e6]), false);
    assert.equal(due({}, [0, 0], [10, 0]), true);
    assert.equal(due({}, [10, 0], [19, 0]), false);
  });

  it('every so many epochs from the start of the run, wherever the last validation was', () => {
    assert.equal(due({ everyEpochs: 2 }, [0, 0], [19, 0]), false);
    assert.equal(due({ everyEpochs: 2 }, [13, 0], [20, 0]), true);
    assert.equal(due({ everyEpochs: 0.01 }, [3, 0], [4, 0]), true);
  });

  it('every so many seconds of training; of both periods whichever is over first', () => {
    assert.equal(due({ everySeconds: 60 }, [0, 0], [1000, 59]), false);
    assert.equal(due({ everySeconds: 60 }, [7, 30], [8, 90]), true);
    assert.equal(due({ everySeconds: 60, everyEpochs: 1 }, [9, 30], [10, 31]), true);
  });
});
