/** @file What an API family is: whose clients read its errors, and so what body those have. */
import type { TSchema } from '@sinclair/typebox';
import type { ApiError } from '../errors.js';

export interface Family {
  readonly name: 'robenc' | 'openai' | 'oip' | 'tei';
  /** Paths that are of this family, for errors before a route is known. */
  owns(path: string): boolean;
  readonly errorSchema: TSchema;
  errorBody(error: ApiError, requestId: string): unknown;
  /** The status where the family has its own; default: that of the error. */
  status?(error: ApiError): number;
}
