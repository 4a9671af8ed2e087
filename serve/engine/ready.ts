/** @file Do all models compute, and soon? */
import { messageOf } from '@robenc/shared/errors.js';
import { ApiError } from '../errors.js';
import type { Probe } from './probe.js';

/** A device that takes longer for one tiny inference is not ready, in milliseconds. */
const LIMIT_MS = 5_000;

/** Throws `unavailable`. */
export async function checkReady(probes: readonly Probe[]): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ApiError('unavailable', `The models did not answer a test inference within ${LIMIT_MS} ms.`)), LIMIT_MS);
  });
  const work = Promise.all(probes.map((probe) => probe.check())).catch((error: unknown) => {
    throw new ApiError('unavailable', messageOf(error), { cause: error });
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
