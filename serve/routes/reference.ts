/** @file GET /docs: the reference of this interface, for people. */
import { Type } from '@sinclair/typebox';
import { Reply } from '../http/reply.js';
import { openapiDocument } from '../openapi/document.js';
import { referencePage } from '../openapi/reference.js';
import { defineRoute } from './route.js';
import { optionsOf } from './schemas.js';

export default defineRoute({
  name: 'reference',
  method: 'get',
  scope: 'public',
  path: '/docs',
  summary: 'this interface as a page to read',
  options: optionsOf({}),
  response: Type.String(),
  types: ['text/html'],
  errors: ['bad_input'],
  handle: async (_request, { routes, limits }) => new Reply(referencePage(openapiDocument(routes, limits)), { type: 'text/html; charset=utf-8' }),
});
