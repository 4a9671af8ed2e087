/** @file Errors as OpenAI's clients read them: all four keys are always there. */
import { Type } from '@sinclair/typebox';
import type { Family } from './family.js';

const closed = { additionalProperties: false } as const;

export const openaiFamily: Family = {
  name: 'openai',
  owns: (path) => path === '/v1/embeddings',
  errorSchema: Type.Object(
    {
      error: Type.Object(
        {
          message: Type.String(),
          type: Type.String(),
          param: Type.Union([Type.String(), Type.Null()]),
          code: Type.Union([Type.String(), Type.Null()]),
        },
        closed,
      ),
    },
    closed,
  ),
  errorBody(error) {
    const { text, field, code } = error;
    const type = code === 'rate_limited' ? 'rate_limit_error' : error.status < 500 ? 'invalid_request_error' : 'server_error';
    return { error: { message: text, type, param: field, code } };
  },
};
