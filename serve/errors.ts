/** @file The one table from error codes to HTTP statuses, and the one body that every failed request gets. */
import { Type, type Static } from '@sinclair/typebox';
import { RobencError, type ErrorCode } from '@robenc/shared/errors.js';
import { Overloaded } from './batching/admission.js';

/** What can go wrong with a request, as clients see it. */
export const API_ERRORS = {
  bad_input: { status: 400, summary: 'A field of the request is missing, unknown or has a value that is not allowed.' },
  bad_image: { status: 400, summary: 'An image cannot be decoded, or has too many pixels.' },
  unauthorized: { status: 401, summary: 'The request has no API key, or one that is not known.' },
  forbidden: { status: 403, summary: 'The API key does not allow this, or the server does not offer it.' },
  not_found: { status: 404, summary: 'No such path, or no such thing at it.' },
  model_not_found: { status: 404, summary: 'The server does not serve a model of that name.' },
  method_not_allowed: { status: 405, summary: 'The path exists, but not with this method; see the Allow header.' },
  conflict: { status: 409, summary: 'The state of the thing does not allow this now.' },
  too_large: { status: 413, summary: 'The body or the number of images is above the limit.' },
  unsupported_media_type: { status: 415, summary: 'The content type or encoding of the body is none that the server reads.' },
  overloaded: { status: 429, summary: 'The server has as much work as it may hold; ask again after the time in Retry-After.' },
  rate_limited: { status: 429, summary: 'This client sent more requests than it may; ask again after the time in Retry-After.' },
  client_closed_request: { status: 499, summary: 'The client went away before the answer; seen in logs only.' },
  internal: { status: 500, summary: 'The server failed; its log has the details under the request id.' },
  not_implemented: { status: 501, summary: 'A part of the protocol that this server does not have.' },
  unavailable: { status: 503, summary: 'The server is starting, stopping or cannot compute; ask again after the time in Retry-After.' },
  deadline_exceeded: { status: 504, summary: 'The answer was not there within the time that the request or the server allows.' },
} as const satisfies Record<string, { status: number; summary: string }>;

export type ApiErrorCode = keyof typeof API_ERRORS;

/** The body of every answer with an error status. */
export const ErrorBody = Type.Object(
  {
    error: Type.Object(
      {
        code: Type.Union((Object.keys(API_ERRORS) as ApiErrorCode[]).map((code) => Type.Literal(code))),
        message: Type.String({ description: 'What went wrong, with which value, and what to do.' }),
        field: Type.Union([Type.String(), Type.Null()], { description: 'The field of the request that is at fault, if it is one field.' }),
        remedy: Type.Optional(Type.String({ description: 'What to do, where the message alone does not say it.' })),
      },
      { additionalProperties: false },
    ),
    requestId: Type.String(),
  },
  { additionalProperties: false },
);
export type ErrorBody = Static<typeof ErrorBody>;

/** Thrown by the HTTP side. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ApiErrorCode;
  readonly field: string | null;
  readonly remedy: string | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ApiErrorCode,
    message: string,
    options: { field?: string | null; remedy?: string; headers?: Readonly<Record<string, string>>; cause?: unknown } = {},
  ) {
    // It tells clients what they did; where in our code nobody asks, and to find that out costs more than the rest of a refusal.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    Error.stackTraceLimit = stackTraceLimit;
    this.code = code;
    this.field = options.field ?? null;
    this.remedy = options.remedy;
    this.headers = options.headers ?? {};
  }

  get status(): number {
    return API_ERRORS[this.code].status;
  }

  body(requestId: string): ErrorBody {
    const { code, field, remedy } = this;
    return { error: { code, message: shortened(this.message), field, ...(remedy === undefined ? {} : { remedy }) }, requestId };
  }

  /** What went wrong and what to do in one, for families whose errors have no field for the latter. */
  get text(): string {
    const message = shortened(this.message);
    return this.remedy === undefined ? message : `${message} ${this.remedy}`;
  }
}

/** Longest message in an answer, in characters. */
const MESSAGE_LIMIT = 2_000;

function shortened(message: string): string {
  return message.length > MESSAGE_LIMIT ? `${message.slice(0, MESSAGE_LIMIT)}…` : message;
}

/** How robenc's own errors look from outside. Broken files, full disks and disagreeing parts are the server's fault, not the client's. */
const FROM_LIBRARY: Readonly<Record<ErrorCode, ApiErrorCode>> = {
  usage: 'bad_input',
  'bad-input': 'bad_input',
  // Paths are looked up by the app; what the library does not find is a model.
  'not-found': 'model_not_found',
  unsupported: 'bad_input',
  busy: 'overloaded',
  unavailable: 'unavailable',
  cancelled: 'client_closed_request',
  'bad-file': 'internal',
  mismatch: 'internal',
  io: 'internal',
};

/** How errors of the body readers look from outside, by their `type` (body-parser) or `code` (multer). */
const FROM_BODY_READERS: Readonly<Record<string, ApiErrorCode>> = {
  'entity.too.large': 'too_large',
  'encoding.unsupported': 'unsupported_media_type',
  'request.aborted': 'client_closed_request',
  'request.size.invalid': 'bad_input',
  LIMIT_FILE_SIZE: 'too_large',
  LIMIT_FILE_COUNT: 'too_large',
  LIMIT_PART_COUNT: 'too_large',
  LIMIT_FIELD_COUNT: 'too_large',
  LIMIT_FIELD_VALUE: 'too_large',
  LIMIT_FIELD_KEY: 'bad_input',
  LIMIT_UNEXPECTED_FILE: 'bad_input',
};

/** When it is worth asking again a server that is starting or has lost a device. */
const RETRY_UNAVAILABLE_MS = 1_000;

/** The reason that a request is given up after its time. */
export class DeadlineExceeded extends Error {
  override readonly name = 'DeadlineExceeded';

  constructor(ms: number) {
    super(`The answer was not there within ${ms} ms.`);
  }
}

/** Anything thrown, as an error of the API. What nobody meant to throw becomes `internal` and tells nothing of the inside. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof RobencError && error.code === 'unavailable')
    return new ApiError('unavailable', error.message, { field: error.field ?? null, headers: retryHeaders(RETRY_UNAVAILABLE_MS), cause: error });
  if (error instanceof Overloaded) return new ApiError('overloaded', error.message, { headers: retryHeaders(error.retryAfterMs), cause: error });
  if (error instanceof RobencError && FROM_LIBRARY[error.code] !== 'internal')
    return new ApiError(FROM_LIBRARY[error.code], error.message, { field: error.field ?? null, cause: error });
  if (error instanceof DeadlineExceeded) return new ApiError('deadline_exceeded', error.message, { cause: error });
  const { type, code, status, message } = error as { type?: string; code?: string; status?: number; message?: string };
  const known = FROM_BODY_READERS[type ?? ''] ?? FROM_BODY_READERS[code ?? ''];
  if (known !== undefined) return new ApiError(known, `The body could not be read: ${message}.`, { field: 'body', cause: error });
  if (status !== undefined && status >= 400 && status < 500) return new ApiError('bad_input', `The request could not be read: ${message}.`, { cause: error });
  return new ApiError('internal', 'The server failed on this request. Its log has the details under the request id.', { cause: error });
}

/** Whole seconds for everyone, and milliseconds for clients that know them. */
export function retryHeaders(retryAfterMs: number): Record<string, string> {
  return { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1000))), 'retry-after-ms': String(retryAfterMs) };
}
