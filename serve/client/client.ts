/** @file A client of the HTTP interface for Node and browsers: typed by the OpenAPI document, and patient when the server asks for it. */
import { ApiFailure } from './errors.js';
import { readEvents } from './events.js';
import { base64Of, type ImageFile } from './images.js';
import type { AnswerOf, BodyOf, Call, Method, PathOf } from './types.js';

export { ApiFailure, type ImageFile };

export interface ClientOptions {
  /** Address of the server, such as `http://localhost:8080`. */
  readonly baseUrl: string;
  readonly apiKey?: string;
  /** How often a request is sent again that the server could not take, or that was lost on the way. Default: 5. */
  readonly retries?: number;
  /** A request that the server would only take after so many milliseconds fails at once. Default: 60000. */
  readonly maxWaitMs?: number;
  readonly fetch?: typeof globalThis.fetch;
}

type Options<P extends PathOf<'post'>> = Omit<BodyOf<P, 'post'>, 'image' | 'images'>;
type CallOptions = Pick<Call<never, never>, 'timeoutMs' | 'signal'>;
export type Audit = AnswerOf<'/v1/audits/{audit}', 'get'>;

/** Of statuses after which it is worth asking again. */
const PATIENT = [429, 503];
const FIRST_WAIT_MS = 250;
/** Sent twice it would be done twice. */
const ONCE = '/v1/audits';

/** One server. Every method throws `ApiFailure` for an answer with an error status, and an `Error` with the address where there is none. */
export class RobencClient {
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #retries: number;
  readonly #maxWaitMs: number;
  readonly #fetch: typeof globalThis.fetch;

  constructor({ baseUrl, apiKey, retries = 5, maxWaitMs = 60_000, fetch = globalThis.fetch.bind(globalThis) }: ClientOptions) {
    if (!URL.canParse(baseUrl) || !/^https?:$/.test(new URL(baseUrl).protocol))
      throw new TypeError(`baseUrl is "${baseUrl}", which is no address of a server. Give one with its scheme, such as http://localhost:8080.`);
    this.#base = baseUrl.replace(/\/+$/, '');
    this.#headers = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
    this.#retries = retries;
    this.#maxWaitMs = maxWaitMs;
    this.#fetch = fetch;
  }

  /** Any call of the interface. Throws `ApiFailure` for an answer with an error status, and an `Error` that names the address where there is no answer. */
  async call<M extends Method, P extends PathOf<M>>(method: M, path: P, call: Call<P, M> = {}): Promise<AnswerOf<P, M>> {
    const response = await this.#send(method, path, call);
    const json = response.headers.get('content-type')?.startsWith('application/json') === true;
    return (json ? await response.json() : response) as AnswerOf<P, M>;
  }

  /** The models that are served, with input contract, classes and scores. */
  models(options: CallOptions = {}): Promise<AnswerOf<'/v1/models', 'get'>> {
    return this.call('get', '/v1/models', options);
  }

  /** An embedding of each image. */
  async embed(images: ImageFile | readonly ImageFile[], options: Options<'/v1/embed'> = {}, call: CallOptions = {}): Promise<AnswerOf<'/v1/embed', 'post'>> {
    return this.call('post', '/v1/embed', { ...call, body: { ...options, ...(await imagesOf(images)) } });
  }

  /** The most probable classes of each image, of the whole or of its crops (`crops`). */
  async classify(
    images: ImageFile | readonly ImageFile[],
    options: Options<'/v1/classify'> = {},
    call: CallOptions = {},
  ): Promise<AnswerOf<'/v1/classify', 'post'>> {
    return this.call('post', '/v1/classify', { ...call, body: { ...options, ...(await imagesOf(images)) } });
  }

  /** The cosine of the embeddings of every two images. */
  async similarity(images: readonly ImageFile[], options: Options<'/v1/similarity'> = {}, call: CallOptions = {}): Promise<AnswerOf<'/v1/similarity', 'post'>> {
    return this.call('post', '/v1/similarity', { ...call, body: { ...options, ...(await imagesOf(images)) } });
  }

  /** What an attack within `epsilon` made of each image. A class that stands is not proven robust. */
  async robustness(
    images: ImageFile | readonly ImageFile[],
    options: Options<'/v1/robustness'>,
    call: CallOptions = {},
  ): Promise<AnswerOf<'/v1/robustness', 'post'>> {
    return this.call('post', '/v1/robustness', { ...call, body: { ...options, ...(await imagesOf(images)) } });
  }

  /** Starts an audit. It is not sent again when it was lost on the way, since it might have arrived. */
  startAudit(request: BodyOf<'/v1/audits', 'post'>, call: CallOptions = {}): Promise<Audit> {
    return this.call('post', '/v1/audits', { ...call, body: request });
  }

  /** An audit now and after every change, until it is over. A stream that breaks off is taken up again. */
  async *followAudit(audit: string, { signal }: { signal?: AbortSignal } = {}): AsyncGenerator<Audit> {
    for (;;) {
      const response = await this.call('get', '/v1/audits/{audit}/events', { path: { audit }, ...(signal && { signal }) });
      try {
        for await (const { event, data } of readEvents(response.body as ReadableStream<Uint8Array>)) {
          if (event !== 'audit') continue;
          const state = JSON.parse(data) as Audit;
          yield state;
          if (state.state !== 'queued' && state.state !== 'running') return;
        }
      } catch (error) {
        if (signal?.aborted === true || error instanceof ApiFailure) throw error;
      }
      await pause(FIRST_WAIT_MS, signal);
    }
  }

  async #send(method: Method, path: string, { path: parts = {}, query = {}, body, headers = {}, timeoutMs, signal }: Call<never, never>): Promise<Response> {
    const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String((parts as Record<string, unknown>)[name])));
    const search = new URLSearchParams(
      Object.entries(query as Record<string, unknown>).map(([name, value]): [string, string] => [name, String(value)]),
    ).toString();
    const init: RequestInit = {
      method: method.toUpperCase(),
      headers: {
        ...this.#headers,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(timeoutMs === undefined ? {} : { 'x-request-timeout-ms': String(timeoutMs) }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    };
    const lossy = method === 'post' && path === ONCE;
    for (let attempt = 0; ; attempt++) {
      const outcome = await this.#fetch(`${this.#base}${filled}${search === '' ? '' : `?${search}`}`, init).catch((error: unknown) => {
        if (signal?.aborted === true) throw error;
        if (lossy || attempt >= this.#retries) throw unanswered(`${init.method} ${this.#base}${filled}`, attempt + 1, error);
        return null;
      });
      if (outcome?.ok === true) return outcome;
      const failure = outcome === null ? null : new ApiFailure(outcome, await outcome.text());
      const wait = failure?.retryAfterMs ?? FIRST_WAIT_MS * 2 ** attempt;
      if (failure !== null && (!PATIENT.includes(failure.status) || attempt >= this.#retries || wait > this.#maxWaitMs)) throw failure;
      await pause(wait, signal);
    }
  }
}

/** What fetch throws tells neither the address nor, at its top, why. */
function unanswered(request: string, attempts: number, cause: unknown): Error {
  const { cause: reason, message } = cause as Error;
  const why = reason instanceof Error && reason.message !== '' ? reason.message : ((reason as { code?: string } | undefined)?.code ?? message);
  const times = attempts === 1 ? 'once' : `${attempts} times`;
  return new Error(`${request} was sent ${times} and not answered: ${why}. Is the server running there?`, { cause });
}

async function imagesOf(images: ImageFile | readonly ImageFile[]): Promise<{ image: string } | { images: string[] }> {
  return Array.isArray(images) ? { images: await Promise.all((images as readonly ImageFile[]).map(base64Of)) } : { image: await base64Of(images as ImageFile) };
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal!.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    if (signal?.aborted === true) return stop();
    signal?.addEventListener('abort', stop, { once: true });
  });
}
