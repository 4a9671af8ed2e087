/** @file The loop of the batch commands: files in, rows out, in order; the same code for images and models as the server's. */
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { messageOf, RobencError } from '@robenc/shared/errors.js';
import { MAX_PIXELS } from '@robenc/shared/images/decode.js';
import type { DeviceRequest } from '@robenc/shared/runtime/types.js';
import { Dispatcher } from '../batching/dispatcher.js';
import type { Call } from '../engine/compute.js';
import { sizePolicyOf, type ServedModel } from '../engine/model.js';
import { Preparer } from '../images/preparer.js';
import type { CropRequest, PreparedImage } from '../images/recipe.js';
import type { ImagePath } from './image-paths.js';

export interface BatchJob<T> {
  readonly model: ServedModel;
  readonly files: readonly ImagePath[];
  readonly crops: CropRequest | null;
  /** Images in work at once. */
  readonly batch: number;
  readonly workers: number;
  readonly signal: AbortSignal;
  /** One result per image. */
  compute(images: readonly PreparedImage[], call: Call): Promise<readonly T[]>;
  /** Called in the order of the files. */
  onResult(file: ImagePath, result: T): void;
  onFailure(file: ImagePath, message: string): void;
}

/** Workers for a device: all cores but one for the CPU, one for a GPU. */
export function defaultWorkers(device: DeviceRequest): number {
  return device === 'cpu' || device === 'auto' ? Math.max(1, availableParallelism() - 1) : 1;
}

/** Images that cannot be read are told and passed over. Rejects with `cancelled` on the signal, and with what the model's failure is. */
export async function runBatch<T>(job: BatchJob<T>): Promise<void> {
  const { model, files, crops, batch, workers, signal } = job;
  const preparer = new Preparer({ threads: Math.max(1, Math.min(2, workers)) });
  const dispatcher = new Dispatcher({ slots: workers, batchRows: batch, now: () => performance.now() });
  const recipe = { policy: sizePolicyOf(model), maxPixels: MAX_PIXELS, crops };
  const work = async (chunk: readonly ImagePath[]) => {
    const prepared = await Promise.allSettled(chunk.map(async ({ path }) => preparer.prepare(await readFile(path), recipe, { signal })));
    const good = prepared.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    return { prepared, results: good.length === 0 ? [] : await job.compute(good, { compute: dispatcher, signal }) };
  };
  try {
    // While one chunk is computed the next is decoded.
    let next: ReturnType<typeof work> | null = null;
    for (let start = 0; start < files.length; start += batch) {
      const chunk = files.slice(start, start + batch);
      const current: ReturnType<typeof work> = next ?? work(chunk);
      next = start + batch < files.length ? work(files.slice(start + batch, start + 2 * batch)) : null;
      // A failure of the next chunk is met when its turn comes, if ever.
      next?.catch(() => undefined);
      const { prepared, results } = await current;
      if (signal.aborted) throw new RobencError('cancelled', `Stopped after ${start} of ${files.length} images.`);
      let taken = 0;
      chunk.forEach((file, i) => {
        const outcome = prepared[i]!;
        if (outcome.status === 'fulfilled') job.onResult(file, results[taken++]!);
        else job.onFailure(file, messageOf(outcome.reason));
      });
    }
  } finally {
    await preparer.close();
  }
}
