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
  summary: 'whether every model computes what it must',
  description:
    'Asks every model the golden input of its package and compares the answer with the golden output (of a package without one: with its first answer). 503 with the reason while the server stops, or when a device computes something else, is dead or too slow.',
  options: optionsOf({}),
  response: Type.Object(
    {
      status: Type.Literal('ready'),
      models: Type.Array(Type.String({ description: 'name@version' })),
      checks: Type.Array(
        Type.Object(
          {
            model: Type.String({ description: 'name@version' }),
            graph: Type.String({ description: 'the graph that was asked' }),
            against: Type.Union([Type.Literal('package'), Type.Literal('start')], {
              description: 'the golden output of the package, or the first answer where it has none',
            }),
            difference: Type.Number({ minimum: 0, description: 'greatest difference, relative to the greatest value' }),
          },
          closed,
        ),
      ),
    },
    closed,
  ),
  errors: ['bad_input', 'unavailable'],
  async handle(_request, { engine, draining }) {
    if (draining) throw new ApiError('unavailable', 'The server is stopping.', { remedy: 'Send requests to another server.' });
    const { probes } = engine;
    const checks = await checkReady(probes);
    return { status: 'ready' as const, models: probes.map(({ model }) => model.id), checks: [...checks] };
  },
});
