/** @file Refuses a run that would not fit in memory, before the system ends it in the middle. */
import { RobencError } from '@robenc/shared/errors.js';
import type { ImageSet } from '@robenc/shared/data/image-set.js';
import type { LiveMemory } from '@robenc/shared/graph/live-memory.js';
import { candidates } from '@robenc/shared/runtime/devices.js';
import { tryDevice } from '@robenc/shared/runtime/list-devices.js';
import type { DeviceName } from '@robenc/shared/runtime/types.js';
import type { Plan } from '../run/plan.js';
import { estimateMemory, type MemoryEstimate } from './estimate.js';

/** The least batch that a run may have. */
const SMALLEST_BATCH = 2;

/** What is known of a run when its memory is checked. */
export interface Needs {
  /** Bytes of parameters, statistics and slots. */
  readonly stateBytes: number;
  readonly set: Pick<ImageSet, 'pixels'>;
  /** What the compiled step keeps; null for the eager engine, which is not checked: what it keeps is up to TensorFlow.js. */
  readonly step: LiveMemory | null;
  /** Bytes before the run took any. */
  readonly available: number;
}

/**
 * Throws as `refuseTooLarge` does. Activations are not counted where the step runs on a GPU; whether it would is found out, by trying the device, only where it
 * matters.
 */
export async function refuseWithoutRoom(
  plan: Plan,
  { stateBytes, set, step, available }: Needs,
  works: (device: DeviceName) => Promise<boolean> = async (device) => (await tryDevice(device)).works,
): Promise<void> {
  if (step === null) return;
  const { engine, batchSize } = plan.run;
  const estimate = (onHost: boolean): MemoryEstimate => estimateMemory(plan, { stateBytes, set, step, onHost });
  const whole = estimate(true);
  if (whole.total <= available) return;
  const gpu = candidates(engine.device).find(({ name }) => name !== 'cpu');
  if (gpu !== undefined && (await works(gpu.name))) return refuseTooLarge(estimate(false), { available, batch: batchSize });
  const why = engine.device === gpu?.name ? `The device ${gpu.name} does not work here, so this would run on the CPU. ${gpu.remedy}` : null;
  refuseTooLarge(whole, { available, batch: batchSize, why });
}

/** Throws `unavailable` with what the run needs, what there is, and the largest batch that fits; `why` is said first. */
export function refuseTooLarge(estimate: MemoryEstimate, { available, batch, why = null }: { available: number; batch: number; why?: string | null }): void {
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
    `${why === null ? '' : `${why} `}The run needs about ${gigabytes(estimate.total)} of memory (${parts.join(', ')}), and ${gigabytes(available)} are available. ${remedy} To start it all the same: --ignore-memory.`,
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
