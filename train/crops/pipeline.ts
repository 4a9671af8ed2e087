/** @file Batches of views, rendered ahead of time in a worker thread, so that training does not wait for images. */
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sharedBytes, type ImageSet } from '@robenc/shared/data/image-set.js';
import { Thread } from '@robenc/shared/runtime/thread.js';
import type { ViewSettings } from './batch.js';
import { batchOrder, type Place } from './order.js';

export interface ViewBatch extends Place {
  /** The images, by their index in the set. */
  readonly indices: Int32Array;
  /** float32 [views*batch,3,size,size], crop-major (see `renderBatch`); the receiver's to keep. */
  readonly views: Float32Array;
}

export interface PipelineSettings extends ViewSettings {
  readonly batchSize: number;
  /** The first batch; default: the first of epoch 0. */
  readonly start?: Place;
  /** How many batches there are; default: without end. */
  readonly batches?: number;
  /** Batches that are rendered or waiting at any time; default 2. This bounds the memory. */
  readonly prefetch?: number;
}

/** What the thread is told first. The pixels are shared, not copied. */
export interface RenderSetup {
  readonly set: ImageSet;
  readonly settings: ViewSettings;
}

export interface RenderRequest {
  readonly indices: Int32Array;
  readonly epoch: number;
}

/**
 * Batches in the order of `batchOrder`. Leaving the loop (break, return, throw) ends the thread. Errors in the thread are thrown here.
 * Throws `usage` when the set has fewer images than a batch.
 */
export async function* viewBatches(set: ImageSet, settings: PipelineSettings): AsyncGenerator<ViewBatch, void, undefined> {
  const { batchSize, start = { epoch: 0, step: 0 }, batches = Infinity, prefetch = 2, views, sampler, options, seed, size } = settings;
  const thread = new Thread(new URL(`./pipeline-thread${extname(fileURLToPath(import.meta.url))}`, import.meta.url), 'The thread that renders views');
  const order = batchOrder(set.count, { batchSize, seed, start });
  const waiting: Promise<ViewBatch>[] = [];
  let requested = 0;
  const request = (): void => {
    if (requested++ >= batches) return;
    const batch = order.next().value;
    const rendered = thread.call<Float32Array>('render', { indices: batch.indices, epoch: batch.epoch } satisfies RenderRequest);
    const result = rendered.then((data) => ({ ...batch, views: data }));
    // An error is thrown where the batch is asked for; until then it must not count as unhandled.
    result.catch(() => undefined);
    waiting.push(result);
  };
  try {
    const setup: RenderSetup = { set: withSharedPixels(set), settings: { views, sampler, options, seed, size } };
    await thread.call('open', setup);
    for (let ahead = 0; ahead < Math.max(1, prefetch); ahead++) request();
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const batch = await next;
      request();
      yield batch;
    }
  } finally {
    await thread.close();
  }
}

/** Only what the thread needs, its pixels in memory that threads share. */
function withSharedPixels(set: ImageSet): ImageSet {
  const { name, count, height, width, pixels } = set;
  let visible = pixels;
  if (!(pixels.buffer instanceof SharedArrayBuffer)) (visible = sharedBytes(pixels.length)).set(pixels);
  return { name, classes: [], labels: null, count, height, width, pixels: visible };
}
