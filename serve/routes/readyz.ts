/** @file GET /readyz: can it answer requests? Proven by computing. */
import { Type } from '@sinclair/typebox';
import { messageOf } from '@robenc/shared/errors.js';
import { ApiError } from '../errors.js';
import { defineRoute } from './route.js';
import { closed, optionsOf } from './schemas.js';

/** A device that takes longer for one tiny inference is not ready, in milliseconds. */
const PROBE_LIMIT_MS = 5_000;

export default defineRoute({
  name: 'readyz',
  method: 'get',
  scope: 'public',
  path: '/readyz',
  summary: 'whether every model still computes what it computed at start',
  description:
    'Runs a tiny inference on every model and compares it with the answer of the start. 503 while the server stops, or when a device is dead or too slow.',
  options: optionsOf({}),
  response: Type.Object({ status: Type.Literal('ready'), models: Type.Array(Type.String({ description: 'name@version' })) }, closed),
  errors: ['bad_input', 'unavailable'],
  async handle(_request, { engine, draining }) {
    if (draining) throw new ApiError('unavailable', 'The server is stopping.', { remedy: 'Send requests to another server.' });
    await withinLimit(
      Promise.all(engine.probes.map((probe) => probe.check())).catch((error: unknown) => {
        throw new ApiError('unavailable', messageOf(error), { cause: error });
      }),
    );
    return { status: 'ready' as const, models: engine.probes.map(({ model }) => model.id) };
  },
});

async function withinLimit(work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ApiError('unavailable', `The models did not answer a test inference within ${PROBE_LIMIT_MS} ms.`)), PROBE_LIMIT_MS);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
