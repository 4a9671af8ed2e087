/** @file Do all models compute, and soon? Asked by whoever reads readiness, and from time to time by the server itself. */
import type { Logger } from 'pino';
import { messageOf } from '@robenc/shared/errors.js';
import { ApiError, retryHeaders } from '../errors.js';
import type { Metrics } from '../observability/metrics.js';
import type { Engine } from './engine.js';
import type { Probe, ProbeReport } from './probe.js';

/** A device that takes longer for tiny inferences is not ready, in milliseconds. */
const LIMIT_MS = 5_000;
/** When it is worth asking again. */
const RETRY_MS = 1_000;

/** What every model answered. Throws `unavailable` with the reason. Without models there is nothing to prove, and whoever would load one must get through. */
export async function checkReady(probes: readonly Probe[], options: { thorough?: boolean } = {}): Promise<readonly ProbeReport[]> {
  let timer: NodeJS.Timeout | undefined;
  const headers = retryHeaders(RETRY_MS);
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ApiError('unavailable', `The models did not answer a test inference within ${LIMIT_MS} ms.`, { headers })), LIMIT_MS);
  });
  const work = Promise.all(probes.map((probe) => probe.check(options))).catch((error: unknown) => {
    throw new ApiError('unavailable', messageOf(error), { headers, cause: error });
  });
  work.catch(() => undefined);
  try {
    return (await Promise.race([work, late])).flat();
  } finally {
    clearTimeout(timer);
  }
}

/** Asks every graph of every model each `everyMs` milliseconds; the log hears when the answer turns wrong, and when it is right again. @returns what ends it. */
export function watchReadiness(engine: Engine, { everyMs, metrics, log }: { everyMs: number; metrics: Metrics; log: Logger }): () => void {
  let before: string | null = null;
  let busy = false;
  const look = async () => {
    if (busy) return;
    busy = true;
    const reason = await checkReady(engine.probes, { thorough: true }).then(() => null, messageOf);
    busy = false;
    metrics.probed(reason === null ? 'right' : 'wrong');
    if (reason !== null && before === null) log.error({ reason }, 'The models do not compute what they must; the server is not ready.');
    if (reason === null && before !== null) log.info('The models compute what they must again.');
    before = reason;
  };
  const timer = setInterval(() => void look(), everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
