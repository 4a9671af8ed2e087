/** @file The server's own error body. */
import { ErrorBody } from '../errors.js';
import type { Family } from './family.js';

export const robencFamily: Family = {
  name: 'robenc',
  owns: () => true,
  errorSchema: ErrorBody,
  errorBody: (error, requestId) => error.body(requestId),
};
