/** @file Tests of rendering views ahead of time. */
import assert from 'node:assert/strict';
import type { ImageSet } from '@robenc/shared/data/image-set.js';
import { openImageSet } from '@robenc/shared/data/open.js';
import { renderBatch } from '@robenc/train/crops/batch.js';
import { batchOrder, stepsPerEpoch } from '@robenc/train/crops/order.js';
import { viewBatches, type ViewBatch } from '@robenc/train/crops/pipeline.js';

const settings = { views: 2, sampler: 'crops', options: {}, seed: 1, size: 16, batchSize: 4 };

async function take(set: ImageSet, count: number, more: object = {}): Promise<ViewBatch[]> {
  const taken: ViewBatch[] = [];
  for await (const batch of viewBatches(set, { ...settings, ...more })) {
    taken.push(batch);
    if (taken.length === count) break;
  }
  return taken;
}

describe('view pipeline', () => {
  let set: ImageSet;
  before(async () => {
    set = await openImageSet({ name: 'shapes', split: 'train', seed: 0, limit: 10 });
  });

  it('gives what rendering in this thread gives, batch after batch, over epochs', async () => {
    const batches = await take(set, 5);
    assert.deepEqual(
      batches.map(({ epoch, step }) => [epoch, step]),
      [
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
        [2, 0],
      ],
    );
    for (const { epoch, indices, views } of batches) assert.deepEqual(views, renderBatch(set, indices, { ...settings, epoch }));
  });

  it('started in the middle goes on as an uninterrupted one, with any prefetch', async () => {
    const batches = await take(set, 2, { start: { epoch: 1, step: 1 }, prefetch: 3 });
    assert.deepEqual(
      batches.map(({ epoch, step }) => [epoch, step]),
      [
        [1, 1],
        [2, 0],
      ],
    );
    for (const { epoch, indices, views } of batches) assert.deepEqual(views, renderBatch(set, indices, { ...settings, epoch }));
    const order = [...first(batchOrder(set.count, { batchSize: 4, seed: 1, start: { epoch: 0, step: 0 } }), 5)];
    assert.deepEqual(
      batches.map(({ indices }) => indices),
      order.slice(3).map(({ indices }) => indices),
    );
  });

  it('ends after the batches that were asked for; pixels need not be in shared memory', async () => {
    const batches = await take({ ...set, pixels: Uint8Array.from(set.pixels) }, 100, { batches: 3, prefetch: 1 });
    assert.equal(batches.length, 3);
    assert.deepEqual(batches[2]!.views, renderBatch(set, batches[2]!.indices, { ...settings, epoch: 1 }));
  });

  it('throws here what went wrong in the thread, once the batch is asked for, and ends', async () => {
    await assert.rejects(
      take(set, 1, { sampler: 'crop' }),
      (error: Error & { code?: string }) =>
        error.code === 'usage' && /No view sampler "crop"\. Did you mean "crops"\? There are: crops, patches/.test(error.message),
    );
  });

  it('refuses a set that does not fill a batch', async () => {
    await assert.rejects(take(set, 1, { batchSize: 11 }), /10 images do not fill a batch of 11\. Lower --batch-size/);
  });
});

describe('batch order', () => {
  it('takes every image at most once in an epoch, in another order in each', () => {
    const batches = [...first(batchOrder(10, { batchSize: 3, seed: 2, start: { epoch: 0, step: 0 } }), 6)];
    assert.equal(stepsPerEpoch(10, 3), 3);
    const epochs = [0, 1].map((epoch) => batches.filter((batch) => batch.epoch === epoch).flatMap(({ indices }) => [...indices]));
    for (const indices of epochs) assert.equal(new Set(indices).size, 9);
    assert.notDeepEqual(epochs[0], epochs[1]);
  });
});

function* first<T>(items: Iterable<T>, count: number): Generator<T> {
  let taken = 0;
  for (const item of items) {
    if (taken++ === count) return;
    yield item;
  }
}
