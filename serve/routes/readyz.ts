/** @file GET /readyz: can it answer requests? Proven by computing. */
import { Type } from '@sinclair/typebox';
import { checkReady } from '../engine/ready.js';
import { ApiError } from '../errors.js';
import { defineRoute } from './route.js';
import { closed, optionsOf } from './schemas.js';

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
    const { probes } = engine;
    await checkReady(probes);
    return { status: 'ready' as const, models: probes.map(({ model }) => model.id) };
  },
});
