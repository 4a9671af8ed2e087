/** @file GET /metrics: counters for Prometheus. */
import { Type } from '@sinclair/typebox';
import { Reply } from '../http/reply.js';
import { defineRoute } from './route.js';
import { optionsOf } from './schemas.js';

export default defineRoute({
  name: 'metrics',
  method: 'get',
  path: '/metrics',
  scope: 'infer',
  summary: 'counters, gauges and histograms in the text format of Prometheus',
  options: optionsOf({}),
  response: Type.String(),
  types: ['text/plain'],
  errors: ['bad_input'],
  handle: async (_request, { metrics }) => new Reply(await metrics.registry.metrics(), { type: metrics.registry.contentType }),
});
