/** @file Errors of the Open Inference Protocol: one string. */
import { Type } from '@sinclair/typebox';
import type { Family } from './family.js';

export const oipFamily: Family = {
  name: 'oip',
  owns: (path) => path === '/v2' || path.startsWith('/v2/'),
  errorSchema: Type.Object({ error: Type.String() }, { additionalProperties: false }),
  errorBody: (error) => ({ error: error.text }),
};
