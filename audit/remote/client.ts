/** @file Asks a server again and again until it answers: it waits as long as the server says, and all requests wait together. */
import { messageOf, RobencError } from '@robenc/shared/errors.js';
import type { Random } from '@robenc/shared/math/random.js';

export interface ClientOptions {
  /** Sent as `Authorization: Bearer`; null: none. */
  readonly key: string | null;
  /** Spreads the waits, so that many clients do not come back at once. */
  readonly random: Random;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** Hears why it waits. */
  readonly tell: (line: string) => void;
}

export interface Asked {
  readonly body?: Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Tries of one request, and milliseconds: of the first wait where the server names none, of the longest, and of one answer. */
const [TRIES, FIRST_WAIT, LONGEST_WAIT, ANSWER] = [10, 250, 120_000, 120_000];

/** Answers after which asking again may help. */
const AGAIN = new Set([408, 425, 429, 500, 502, 503, 504]);

export class Client {
  readonly #options: ClientOptions;
  /** No request leaves before. */
  #notBefore = 0;
  #told = false;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** Answers that are not refused. Throws `unavailable` when the server does not answer for long, `cancelled`, or `bad-input` with what the server said. */
  async ask(url: string, { body, headers = {} }: Asked = {}): Promise<Response> {
    const { key, signal } = this.#options;
    const sent = { ...headers, ...(key === null ? {} : { authorization: `Bearer ${key}` }) };
    for (let attempt = 1; ; attempt++) {
      await this.#rest();
      let failure: string;
      let wanted: number | null = null;
      try {
        const within = AbortSignal.any([signal, AbortSignal.timeout(ANSWER)]);
        const response = await fetch(url, {
          method: body === undefined ? 'GET' : 'POST',
          headers: sent,
          signal: within,
          redirect: 'error',
          ...(body && { body }),
        });
        if (response.ok) return await whole(response);
        failure = `${response.status} ${await said(response)}`;
        if (!AGAIN.has(response.status)) throw refused(url, response.status, failure);
        wanted = retryAfter(response.headers.get('retry-after'), this.#options.now());
      } catch (cause) {
        if (cause instanceof RobencError) throw cause;
        if (signal.aborted) throw new RobencError('cancelled', 'The audit was stopped before it ended.', { cause });
        failure = causeOf(cause);
      }
      if (attempt === TRIES)
        throw new RobencError('unavailable', `${url} did not answer in ${TRIES} tries; the last one: ${failure}. What was done is kept: go on with --resume.`, {
          field: 'model',
        });
      this.#wait(attempt, wanted, failure);
    }
  }

  #wait(attempt: number, wanted: number | null, failure: string): void {
    const { now, random, tell } = this.#options;
    const backoff = Math.min(FIRST_WAIT * 2 ** (attempt - 1), LONGEST_WAIT) * random.uniform(0.75, 1.25);
    const wait = Math.min(wanted === null ? backoff : Math.max(wanted, backoff / 4), LONGEST_WAIT);
    this.#notBefore = Math.max(this.#notBefore, now() + wait);
    if (!this.#told) tell(`The server asks for patience, or cannot be reached (${failure}). It is asked again after a while.`);
    this.#told = true;
  }

  async #rest(): Promise<void> {
    const { now, signal } = this.#options;
    for (let left = this.#notBefore - now(); left > 0; left = this.#notBefore - now()) {
      if (signal.aborted) throw new RobencError('cancelled', 'The audit was stopped before it ended.');
      // In short pieces, so that a signal is heard soon.
      await new Promise((resolve) => setTimeout(resolve, Math.min(left, 200)));
    }
  }
}

/** Milliseconds of a Retry-After header: seconds, or a date; null where there is none that can be read. */
export function retryAfter(text: string | null, now: number): number | null {
  if (text === null) return null;
  if (/^\d+(\.\d+)?$/.test(text.trim())) return 1000 * Number(text);
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

/** The whole body, so that a connection that breaks in the middle is a failure like any other. */
async function whole(response: Response): Promise<Response> {
  return new Response(await response.arrayBuffer(), { status: response.status, headers: response.headers });
}

async function said(response: Response): Promise<string> {
  const text = await response.text().catch(() => '');
  const message = /"message"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(text)?.[1];
  return (message ?? text).slice(0, 300).trim();
}

function refused(url: string, status: number, failure: string): RobencError {
  const remedy = status === 401 || status === 403 ? ' Give a key that may infer in the environment variable ROBENC_API_KEY.' : '';
  return new RobencError('bad-input', `${url} refused: ${failure}${remedy}`, { field: 'model' });
}

function causeOf(error: unknown): string {
  const inner = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return messageOf(inner);
}
