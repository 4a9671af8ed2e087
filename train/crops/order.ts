/** @file In which order the images of an epoch come. */
import { RobencError } from '@robenc/shared/errors.js';
import { Random } from '@robenc/shared/math/random.js';

/** The place of a batch in a run: both count from 0, and a run can start anywhere. */
export interface Place {
  readonly epoch: number;
  /** Batch within the epoch. */
  readonly step: number;
}

/** Whole batches that an epoch has; images that do not fill one are left for other epochs, whose order differs. */
export function stepsPerEpoch(count: number, batchSize: number): number {
  return Math.floor(count / batchSize);
}

/** The images of each batch, from `start` on and without end. Depends only on its arguments: a resumed run sees what an uninterrupted one does. Throws `usage` when there are none. */
export function* batchOrder(
  count: number,
  { batchSize, seed, start }: { batchSize: number; seed: number; start: Place },
): Generator<Place & { readonly indices: Int32Array }, never> {
  const steps = stepsPerEpoch(count, batchSize);
  if (steps === 0)
    throw new RobencError('usage', `${count} images do not fill a batch of ${batchSize}. Lower --batch-size or raise --limit.`, { field: 'batchSize' });
  for (let epoch = start.epoch; ; epoch++) {
    const order = new Random(seed, 'order', epoch).permutation(count);
    for (let step = epoch === start.epoch ? start.step : 0; step < steps; step++)
      yield { epoch, step, indices: order.slice(step * batchSize, (step + 1) * batchSize) };
  }
}
