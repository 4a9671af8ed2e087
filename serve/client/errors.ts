/** @file What a client throws when the server says no. */

/** An answer with an error status, whatever the family of the endpoint. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure';
  readonly status: number;
  /** Of the server's own endpoints, such as `bad_input`; else null. */
  readonly code: string | null;
  /** The field of the request that is at fault, where one is. */
  readonly field: string | null;
  readonly remedy: string | null;
  readonly requestId: string | null;
  /** When the server wants to be asked again; null: it does not say. */
  readonly retryAfterMs: number | null;

  constructor(response: Response, text: string) {
    const error = readError(text);
    super(error.message ?? `${response.status} ${response.statusText}`.trim());
    this.status = response.status;
    this.code = error.code ?? null;
    this.field = error.field ?? null;
    this.remedy = error.remedy ?? null;
    this.requestId = response.headers.get('x-request-id');
    this.retryAfterMs = retryAfterOf(response.headers);
  }
}

interface ErrorFields {
  readonly message?: string;
  readonly code?: string;
  readonly field?: string | null;
  readonly remedy?: string;
}

/** `{"error": {...}}` of the server's own endpoints and of OpenAI's, `{"error": "..."}` of the others. */
function readError(text: string): ErrorFields {
  try {
    const { error } = JSON.parse(text) as { error?: string | (ErrorFields & { param?: string | null }) };
    if (typeof error === 'string') return { message: error };
    return error === undefined ? {} : { ...error, field: error.field ?? error.param ?? null };
  } catch {
    return {};
  }
}

/** `retry-after-ms` in milliseconds, or `retry-after` in seconds or as a date. */
function retryAfterOf(headers: Headers): number | null {
  const ms = headers.get('retry-after-ms');
  if (ms !== null && /^\d+$/.test(ms)) return Number(ms);
  const text = headers.get('retry-after');
  if (text === null) return null;
  if (/^\d+$/.test(text)) return 1000 * Number(text);
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : Math.max(0, date - Date.now());
}
