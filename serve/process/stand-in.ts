/** @file Answers while no engine can: alive, but not ready. Loads nothing that computes. */
import { randomUUID } from 'node:crypto';
import { createServer as createHttp, type RequestListener, type Server } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { ApiError, retryHeaders } from '../errors.js';
import { families } from '../families/index.js';
import { HARMLESS_ID } from '../http/exchange.js';
import type { Tls } from './tls.js';

/** `reason` says why there is no engine; it is asked for every answer. */
export function createStandIn(reason: () => string, tls: Tls | null): Server {
  const answer: RequestListener = (request, response) => {
    const path = (request.url ?? '/').split('?')[0]!;
    response.setHeader('content-type', 'application/json; charset=utf-8');
    response.setHeader('cache-control', 'no-store');
    // The next request shall meet an engine.
    response.setHeader('connection', 'close');
    if (path === '/healthz' || path === '/v2/health/live') return void response.end(JSON.stringify(path === '/healthz' ? { status: 'alive' } : { live: true }));
    const error = new ApiError('unavailable', reason(), { headers: retryHeaders(1_000) });
    for (const [name, value] of Object.entries(error.headers)) response.setHeader(name, value);
    response.statusCode = error.status;
    const family = families.entries.find(({ owns }) => owns(path))!;
    const given = request.headers['x-request-id'];
    const id = typeof given === 'string' && HARMLESS_ID.test(given) ? given : randomUUID();
    response.setHeader('x-request-id', id);
    response.end(JSON.stringify(family.errorBody(error, id)));
  };
  return tls === null ? createHttp(answer) : createHttps({ ...tls }, answer);
}
