/** @file The Express app over an engine: middleware and the table of routes. Listens nowhere. */
import cors from 'cors';
import express, { type ErrorRequestHandler } from 'express';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { check } from '@robenc/shared/config/check.js';
import { RequestContext, type Shared } from './context.js';
import { DeadlineExceeded, toApiError } from './errors.js';
import { openDoor, type DoorOptions } from './http/door.js';
import { exchangeOf } from './http/exchange.js';
import { queryOf } from './http/query.js';
import { Reply } from './http/reply.js';
import { sendError } from './http/send-error.js';
import { commonHeaders, streamAnswer, writeAnswer } from './http/write-answer.js';
import { coerceText } from './input/coerce.js';
import { readInput, type Input } from './input/read-input.js';

/** Headers of answers that scripts of other origins may read. */
const EXPOSED = [
  ...['x-request-id', 'retry-after', 'retry-after-ms', 'inference-header-content-length'],
  ...['x-robenc-model', 'x-robenc-model-digest', 'x-robenc-device', 'x-robenc-batch', 'x-robenc-batch-rows', 'x-robenc-queue-us', 'x-robenc-run-us'],
];
/** Of all routes. */
const METHODS = ['GET', 'HEAD', 'POST', 'DELETE'];

/**
 * Every request ends in `answer`. Those that compute come there straight from the door, because the layers of Express would cost a small model a tenth of its time;
 * unless scripts of other origins are served, whose headers are the work of a layer.
 */
export function createApp(options: DoorOptions): RequestListener {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  if (options.cors !== null) {
    // Questions before a request are answered by the layer itself.
    app.use((_request, response, next) => {
      response.setHeaders(new Map(pairs(commonHeaders(exchangeOf(response)))));
      next();
    });
    // In a list the layer takes a star for the name of an origin.
    app.use(cors({ origin: options.cors.includes('*') ? '*' : [...options.cors], methods: METHODS, exposedHeaders: EXPOSED, maxAge: 600 }));
  }
  app.use((request, response) => answer(options, request, response));
  const failed: ErrorRequestHandler = (thrown: unknown, request, response, _next) => fail(options, request, response, thrown);
  app.use(failed);
  const direct: RequestListener = (request, response) => {
    const { refusal } = exchangeOf(response);
    if (refusal !== null) return fail(options, request, response, refusal);
    void answer(options, request, response).catch((thrown: unknown) => fail(options, request, response, thrown));
  };
  return openDoor(options, { app, direct: options.cors === null ? direct : app });
}

function* pairs(headers: readonly string[]): Iterable<[string, string]> {
  for (let i = 0; i < headers.length; i += 2) yield [headers[i]!, headers[i + 1]!];
}

function fail({ log }: DoorOptions, request: IncomingMessage, response: ServerResponse, thrown: unknown): void {
  const error = toApiError(thrown);
  // A server that stops, or work that takes too long, is nothing that somebody has to look into; the line of the request tells it.
  if (error.code === 'internal' || (error.code === 'unavailable' && error.cause !== undefined))
    log.error({ requestId: exchangeOf(response).id, err: error.cause ?? error }, error.message);
  sendError(request, response, error);
}

async function answer(shared: Shared, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const exchange = exchangeOf(response);
  if (exchange.refusal !== null) throw exchange.refusal;
  const { route, params } = exchange.match!;
  const context = new RequestContext(shared, exchange, request, response);
  exchange.context = context;
  let done = false;
  try {
    const input: Input =
      route.body === 'none'
        ? { options: coerceText(route.options.properties, queryOf(request)), images: [], list: false, tensor: null, raw: null }
        : await readInput(request, response, route, shared.limits, (bytes) => context.takeMemory(bytes));
    const options = check(route.options, input.options, 'request');
    // The schema has been checked, which is what the erased type of the options stands for.
    const body = await route.handle({ ...input, options: options as never, params }, context);
    await send(response, body);
    done = true;
  } catch (error) {
    // Whatever the work said when it was told to stop, the reason is that its time was over.
    throw context.signal.reason instanceof DeadlineExceeded ? context.signal.reason : error;
  } finally {
    context.close(done);
    exchange.context = null;
  }
}

async function send(response: ServerResponse, body: unknown): Promise<void> {
  const exchange = exchangeOf(response);
  const { model, report } = exchange;
  const headers = commonHeaders(exchange);
  if (model !== null) headers.push('x-robenc-model', model.id, 'x-robenc-model-digest', model.digest, 'x-robenc-device', model.device);
  if (report.batch > 0) {
    headers.push('x-robenc-batch', String(report.batch), 'x-robenc-batch-rows', String(report.batchRows));
    headers.push('x-robenc-queue-us', String(Math.round(report.queueMs * 1000)), 'x-robenc-run-us', String(Math.round(report.runMs * 1000)));
  }
  const reply = body instanceof Reply ? body : Reply.json(body);
  for (const [name, value] of Object.entries(reply.headers)) headers.push(name, value);
  if (typeof reply.body === 'function') await streamAnswer(response, reply.status, headers, reply.body);
  else writeAnswer(response, reply.status, headers, reply.body);
}
