/** @file Errors as text-embeddings-inference writes them, with its own statuses for what is not valid (422) and what failed (424). */
import { Type } from '@sinclair/typebox';
import type { ApiErrorCode } from '../errors.js';
import type { Family } from './family.js';

type Kind = 'Unhealthy' | 'Backend' | 'Overloaded' | 'Validation' | 'Empty' | 'Tokenizer';

const KINDS: Readonly<Partial<Record<ApiErrorCode, Kind>>> = {
  bad_input: 'Validation',
  bad_image: 'Validation',
  model_not_found: 'Validation',
  overloaded: 'Overloaded',
  rate_limited: 'Overloaded',
  internal: 'Backend',
  unavailable: 'Unhealthy',
  deadline_exceeded: 'Backend',
};
const STATUSES: Readonly<Partial<Record<Kind, number>>> = { Validation: 422, Backend: 424 };

export const teiFamily: Family = {
  name: 'tei',
  owns: (path) => ['/', '/embed', '/predict', '/info', '/similarity'].includes(path) || path.startsWith('/pipeline/'),
  errorSchema: Type.Object({ error: Type.String(), error_type: Type.String() }, { additionalProperties: false }),
  errorBody: (error) => ({ error: error.text, error_type: KINDS[error.code] ?? 'Validation' }),
  status: (error) => (error.code === 'deadline_exceeded' ? error.status : (STATUSES[KINDS[error.code] ?? 'Empty'] ?? error.status)),
};
