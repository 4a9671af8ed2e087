/** @file Refuses a run that would not fit in memory, before the system ends it in the middle. */
import { RobencError } from '@robenc/shared/errors.js';
import type { ImageSet } from '@robenc/shared/data/image-set.js';
import type { LiveMemory } from '@robenc/shared/graph/live-memory.js';
import type { Plan } from '../run/plan.js';
import { estimateMemory, type MemoryEstimate } from './estimate.js';

/** The least batch that a run may have. */
const SMALLEST_BATCH = 2;

/**
 * Throws as `refuseTooLarge` does. `step` is what the compiled step keeps, null for the eager engine, which is not checked: what it keeps is up to TensorFlow.js.
 * On a GPU that is asked for by name activations are not counted. `available`: bytes before the run took any.
 */
export function refuseWithoutRoom(
  plan: Plan,
  { stateBytes, set, step, available }: { stateBytes: number; set: ImageSet; step: LiveMemory | null; available: number },
): void {
  if (step === null) return;
  const { engine, batchSize } = plan.run;
  const onHost = engine.device === 'auto' || engine.device === 'cpu';
  refuseTooLarge(estimateMemory(plan, { stateBytes, set, step, onHost }), { available, batch: batchSize });
}

/** Throws `unavailable` with what the run needs, what there is, and the largest batch that fits. */
export function refuseTooLarge(estimate: MemoryEstimate, { available, batch }: { available: number; batch: number }): void {
  if (estimate.total <= available) return;
  const { data, state, views, activations } = estimate;
  const parts = Object.entries({ activations, views, state, 'data set': data })
    .sort(([, a], [, b]) => b - a)
    .map(([name, bytes]) => `${name} ${gigabytes(bytes)}`);
  const fits = largestBatch(estimate, { available, batch });
  const remedy =
    fits >= SMALLEST_BATCH
      ? `A batch of ${fits} fits: --batch-size ${fits}.`
      : 'No batch fits: take a smaller encoder (encoder.width, encoder.widths), fewer views (--views), smaller images (data.size) or less data (--limit).';
  throw new RobencError(
    'unavailable',
    `The run needs about ${gigabytes(estimate.total)} of memory (${parts.join(', ')}), and ${gigabytes(available)} are available. ${remedy} To start it all the same: --ignore-memory.`,
    { field: 'batchSize' },
  );
}

/** Activations and views grow with the batch, the rest does not. */
export function largestBatch({ total, views, activations }: MemoryEstimate, { available, batch }: { available: number; batch: number }): number {
  const each = (views + activations) / batch;
  return Math.max(0, Math.floor((available - (total - views - activations)) / each));
}

function gigabytes(bytes: number): string {
  return bytes < 2 ** 30 ? `${Math.ceil(bytes / 2 ** 20)} MiB` : `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
