/** @file The express app over an engine: middleware and the table of routes. Listens nowhere. */
import express, { type Express, type Request, type Response } from 'express';
import helmet from 'helmet';
import type { Logger } from 'pino';
import { check } from '@robenc/shared/config/check.js';
import { openContext, type Shared } from './context.js';
import { coerceText } from './input/coerce.js';
import { readInput, type Input } from './input/read-input.js';
import { answerErrors, methodNotAllowed, notFound } from './middleware/errors.js';
import { logRequests } from './middleware/log.js';
import { requestId } from './middleware/request-id.js';
import { routes } from './routes/index.js';
import type { Route } from './routes/route.js';

export interface AppOptions extends Shared {
  readonly log: Logger;
  /** A clock in milliseconds. */
  readonly now: () => number;
}

export function createApp({ log, now, ...shared }: AppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.use(requestId, logRequests(log, now), helmet());
  app.use((_request, response, next) => {
    response.set('cache-control', 'no-store');
    next();
  });
  for (const route of routes.entries) app[route.method](route.path, (request, response) => answer(route, shared, request, response));
  for (const path of new Set(routes.entries.map((route) => route.path))) app.all(path, methodNotAllowed(methodsOf(path)));
  app.use(notFound, answerErrors(log, shared.stopping));
  return app;
}

async function answer(route: Route, shared: Shared, request: Request, response: Response): Promise<void> {
  response.locals['route'] = route.path;
  const { admission, engine, limits } = shared;
  // Refusing before the body is read keeps a flood of requests from costing more than their headers.
  if (route.images > 0) admission.refuseIfFull(1, engine.dispatcher.retryAfterMs);
  const { context, close } = openContext(shared, route, response);
  try {
    const input: Input =
      route.method === 'post'
        ? await readInput(request, response, route.options, limits)
        : { options: coerceText(route.options.properties, request.query), images: [], list: false };
    const options = check(route.options, input.options, 'request');
    // The schema has been checked, which is what the erased type of the options stands for.
    const body = await route.handle({ ...input, options: options as never }, context);
    // A client that keeps its connection would otherwise meet a closed door with its next request.
    if (shared.stopping.aborted) response.set('connection', 'close');
    response.json(body);
  } finally {
    close();
  }
}

function methodsOf(path: string): string[] {
  return routes.entries.filter((route) => route.path === path).flatMap((route) => (route.method === 'get' ? ['GET', 'HEAD'] : ['POST']));
}
