/** @file GET /healthz: is the process alive? */
import { Type } from '@sinclair/typebox';
import { defineRoute } from './route.js';
import { closed, optionsOf } from './schemas.js';

export default defineRoute({
  name: 'healthz',
  method: 'get',
  scope: 'public',
  path: '/healthz',
  summary: 'whether the process answers at all',
  description: 'Computes nothing. A failing answer means that the process should be replaced.',
  options: optionsOf({}),
  response: Type.Object({ status: Type.Literal('alive') }, closed),
  errors: ['bad_input'],
  handle: () => Promise.resolve({ status: 'alive' as const }),
});
