/** @file The Express app over an engine: middleware and the table of routes. Listens nowhere. */
import cors from 'cors';
import express, { type ErrorRequestHandler, type Request, type Response } from 'express';
import helmet from 'helmet';
import type { RequestListener } from 'node:http';
import { check } from '@robenc/shared/config/check.js';
import { openContext, type Shared } from './context.js';
import { DeadlineExceeded, toApiError } from './errors.js';
import { openDoor, type DoorOptions } from './http/door.js';
import { exchangeOf } from './http/exchange.js';
import { Reply } from './http/reply.js';
import { sendError } from './http/send-error.js';
import { coerceText } from './input/coerce.js';
import { readInput, type Input } from './input/read-input.js';

/** Headers of answers that scripts of other origins may read. */
const EXPOSED = ['x-request-id', 'retry-after', 'retry-after-ms', 'inference-header-content-length', 'x-robenc-model', 'x-robenc-batch-rows'];

export function createApp(options: DoorOptions): RequestListener {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.use(helmet());
  if (options.cors !== null) app.use(cors({ origin: [...options.cors], exposedHeaders: EXPOSED, maxAge: 600 }));
  app.use((request, response) => answer(options, request, response));
  const failed: ErrorRequestHandler = (thrown: unknown, request, response, _next) => {
    const error = toApiError(thrown);
    const { id } = exchangeOf(response);
    if (error.status >= 500) options.log.error({ requestId: id, err: error.cause ?? error }, error.message);
    if (options.stopping.aborted && !response.headersSent) response.setHeader('connection', 'close');
    sendError(request, response, error);
  };
  app.use(failed);
  return openDoor(options, app);
}

async function answer(shared: Shared, request: Request, response: Response): Promise<void> {
  const exchange = exchangeOf(response);
  if (exchange.refusal !== null) throw exchange.refusal;
  const { route, params } = exchange.match!;
  const { context, close } = openContext(shared, exchange, request, response);
  try {
    const input: Input =
      route.body === 'none'
        ? { options: coerceText(route.options.properties, request.query), images: [], list: false, tensor: null, raw: null }
        : await readInput(request, response, route, shared.limits);
    const options = check(route.options, input.options, 'request');
    // The schema has been checked, which is what the erased type of the options stands for.
    const body = await route.handle({ ...input, options: options as never, params }, context);
    if (shared.stopping.aborted) response.setHeader('connection', 'close');
    await send(response, body, exchangeOf(response));
  } catch (error) {
    // Whatever the work said when it was told to stop, the reason is that its time was over.
    throw context.signal.reason instanceof DeadlineExceeded ? context.signal.reason : error;
  } finally {
    close();
  }
}

/** A client that reads nothing for so long is gone. */
const READER_LIMIT_MS = 60_000;

async function send(response: Response, body: unknown, { model, report }: ReturnType<typeof exchangeOf>): Promise<void> {
  if (model !== null) {
    response.setHeader('x-robenc-model', model.id);
    response.setHeader('x-robenc-model-digest', model.digest);
    response.setHeader('x-robenc-device', model.device);
  }
  if (report.batch > 0) {
    response.setHeader('x-robenc-batch', report.batch);
    response.setHeader('x-robenc-batch-rows', report.batchRows);
    response.setHeader('x-robenc-queue-us', Math.round(report.queueMs * 1000));
    response.setHeader('x-robenc-run-us', Math.round(report.runMs * 1000));
  }
  const reply = body instanceof Reply ? body : Reply.json(body);
  response.status(reply.status);
  for (const [name, value] of Object.entries(reply.headers)) response.setHeader(name, value);
  response.setTimeout(READER_LIMIT_MS, () => response.destroy());
  if (typeof reply.body === 'function') return response.req.method === 'HEAD' ? void response.end() : reply.body(response);
  response.setHeader('content-length', Buffer.byteLength(reply.body));
  response.end(response.req.method === 'HEAD' ? undefined : reply.body);
}
