/** @file In which order the images of an epoch come. */
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

/** The images of each batch, from `start` on and without end. Depends only on its arguments: a resumed run sees what an uninterrupted one does. */
export function* batchOrder(count: number, { batchSize, seed, start }: { batchSize: number; seed: number; start: Place }): Generator<Place & { indices: Int32Array }> {
  const steps = stepsPerEpoch(count, batchSize);
  for (let epoch = start.epoch; steps > 0; epoch++) {
    const order = new Random(seed, 'order', epoch).permutation(count);
    for (let step = epoch === start.epoch ? start.step : 0; step < steps; step++)
      yield { epoch, step, indices: order.slice(step * batchSize, (step + 1) * batchSize) };
  }
}
