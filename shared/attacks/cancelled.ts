/** @file Stopping an attack from outside. */
import { RobencError } from '../errors.js';

/** Throws `cancelled` when the signal has fired. */
export function refuseIfCancelled(signal: Pick<AbortSignal, 'aborted'> | undefined): void {
  if (signal?.aborted) throw new RobencError('cancelled', 'The attack was stopped before it ended.');
}
