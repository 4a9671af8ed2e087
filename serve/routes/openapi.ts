/** @file GET /openapi.json: the description of this interface, made from the schemas that check requests. */
import { Type } from '@sinclair/typebox';
import { openapiDocument } from '../openapi/document.js';
import { defineRoute } from './route.js';
import { optionsOf } from './schemas.js';

export default defineRoute({
  name: 'openapi',
  method: 'get',
  scope: 'public',
  path: '/openapi.json',
  summary: 'this interface as an OpenAPI 3.1 document',
  options: optionsOf({}),
  response: Type.Record(Type.String(), Type.Unknown()),
  errors: ['bad_input'],
  handle: (_request, { routes, limits, keys }) => Promise.resolve(openapiDocument(routes, limits, { keys: !keys.open })),
});
