/** @file When a run validates. */
import type { ValidationSettings } from './validation.js';

/** A place in a run. */
export interface Moment {
  readonly step: number;
  /** Of training. */
  readonly seconds: number;
}

/** Whether a validation is due at `now`, the last one having been at `before` (the start, where there was none): whichever of epochs and seconds is over first. */
export function isDue({ everyEpochs, everySeconds }: ValidationSettings, perEpoch: number, before: Moment, now: Moment): boolean {
  const epochs = everyEpochs ?? (everySeconds === undefined ? 1 : Infinity);
  // By whole periods from the start of the run, not from the last validation: then where a run was interrupted changes nothing.
  const period = Math.max(1, Math.round(epochs * perEpoch));
  const byStep = Number.isFinite(period) && Math.floor(now.step / period) > Math.floor(before.step / period);
  return byStep || (everySeconds !== undefined && now.seconds - before.seconds >= everySeconds);
}
