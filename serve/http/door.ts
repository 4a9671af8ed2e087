/** @file The door: everything that can be decided from the headers of a request, before a byte of its body is read and before Express sees it. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Shared } from '../context.js';
import { ApiError, toApiError } from '../errors.js';
import { families } from '../families/index.js';
import { routes } from '../routes/index.js';
import { announcedBytes, HARMLESS_ID, setExchange, type Exchange } from './exchange.js';
import { Matcher } from './match.js';

export interface DoorOptions extends Shared {
  readonly log: Logger;
  /** A clock in milliseconds. */
  readonly now: () => number;
}

/** What is behind the door. */
export interface Behind {
  /** For requests that compute, of which there are many: the answer and nothing around it. */
  readonly direct: RequestListener;
  /** For all others. */
  readonly app: RequestListener;
}

/** Counts, names and logs every request; notes what its headers forbid; hands it on. */
export function openDoor(options: DoorOptions, { direct, app }: Behind): RequestListener {
  const { metrics, stopping } = options;
  const matcher = new Matcher(routes.entries);
  return (request, response) => {
    const path = pathOf(request);
    const found = matcher.find(request.method ?? 'GET', path);
    const match = found !== null && 'route' in found ? found : null;
    const family = match === null ? families.entries.find(({ owns }) => owns(path))! : families.get(match.route.family);
    const given = request.headers['x-request-id'];
    const id = typeof given === 'string' && HARMLESS_ID.test(given) ? given : randomUUID();
    const exchange: Exchange = {
      id,
      started: options.now(),
      secure: 'encrypted' in request.socket,
      path,
      family,
      match,
      client: request.socket.remoteAddress ?? '',
      stay: null,
      model: null,
      images: 0,
      errorCode: null,
      refusal: null,
      report: { queueMs: 0, runMs: 0, batch: 0, batchRows: 0 },
      context: null,
      span: options.tracing?.begin(request) ?? null,
      stopping,
    };
    setExchange(response, exchange);
    metrics.requestReceived();
    response.on('close', () => ended(options, request, response, exchange));
    const next = match?.route.computes === true ? direct : app;
    const refuse = (error: unknown) => {
      exchange.refusal = toApiError(error);
      next(request, response);
    };
    // No promise where nothing is waited for: a server that is overrun opens its door many thousand times a second.
    try {
      const counted = known(options, request, found, exchange);
      if (counted !== null) return void counted.then(() => enter(options, request, exchange)).then(() => next(request, response), refuse);
      enter(options, request, exchange);
    } catch (error) {
      return refuse(error);
    }
    next(request, response);
  };
}

/** Who asks, and whether that is possible and allowed; then what tells whether it is too often, or null where nobody counts. Throws, and what it gives rejects. */
function known(options: DoorOptions, request: IncomingMessage, found: ReturnType<Matcher['find']>, exchange: Exchange): Promise<void> | null {
  const { keys, rates, cors } = options;
  // A browser asks first, without a key.
  if (request.method === 'OPTIONS' && cors !== null) return null;
  if (found === null)
    throw new ApiError('not_found', `There is nothing at ${exchange.path.slice(0, 200)}.`, { remedy: 'GET /openapi.json lists what there is.' });
  if ('allow' in found) {
    const allow = found.allow.join(', ');
    throw new ApiError('method_not_allowed', `${request.method} is not possible here; use ${allow}.`, {
      headers: { allow },
      ...(exchange.path === '/' ? { remedy: 'The reference of this server is at /docs.' } : {}),
    });
  }
  const { scope } = found.route;
  if (scope === 'public') return null;
  const name = keys.admit(request, scope);
  if (name !== null) exchange.client = `key ${name}`;
  return rates.active ? rates.count(exchange.client) : null;
}

/** Whether there is room for it, which is asked last. Throws. */
function enter({ limits, admission, engine }: DoorOptions, request: IncomingMessage, exchange: Exchange): void {
  if (exchange.match === null) return;
  const bytes = announcedBytes(request, limits.maxBodyBytes);
  if (bytes > limits.maxBodyBytes)
    throw new ApiError('too_large', `The body has ${bytes} bytes; at most ${limits.maxBodyBytes} are allowed.`, {
      field: 'body',
      remedy: 'Send fewer or smaller images, or start the server with a larger --max-body.',
    });
  if (exchange.match.route.computes) exchange.stay = admission.enter(bytes, engine.dispatcher.retryAfterMs);
}

function ended({ log, now, metrics, tracing }: DoorOptions, request: IncomingMessage, response: ServerResponse, exchange: Exchange): void {
  exchange.context?.left();
  exchange.stay?.leave();
  const finished = response.writableFinished;
  const status = finished ? response.statusCode : 499;
  const code = finished ? (exchange.errorCode ?? 'ok') : 'client_closed_request';
  const ms = now() - exchange.started;
  const route = exchange.match?.route.path ?? null;
  metrics.requestEnded(exchange.match?.route.name ?? 'none', status, code, ms / 1000);
  const { report, model, span } = exchange;
  if (span !== null) tracing?.end(span, { method: request.method ?? 'GET', status, exchange });
  log[status >= 500 ? 'error' : 'info'](
    {
      requestId: exchange.id,
      client: exchange.client,
      method: request.method,
      route,
      status,
      ms: round(ms),
      model: model?.id,
      digest: model?.digest.slice(0, 12),
      images: exchange.images > 0 ? exchange.images : undefined,
      errorCode: exchange.errorCode ?? undefined,
      traceId: span?.spanContext().traceId,
      ...(report.batch > 0 ? { batch: report.batch, batchRows: report.batchRows, queueMs: round(report.queueMs), runMs: round(report.runMs) } : {}),
    },
    'request',
  );
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}

function pathOf({ url = '/' }: IncomingMessage): string {
  const end = url.search(/[?#]/);
  return end < 0 ? url : url.slice(0, end);
}
