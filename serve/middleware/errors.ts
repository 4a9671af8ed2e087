/** @file Where all errors end: the error body for the client, the cause for the log. */
import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { Logger } from 'pino';
import { ApiError, toApiError } from '../errors.js';
import { requestIdOf } from './request-id.js';

/** For paths that no route has. */
export const notFound: RequestHandler = (request) => {
  throw new ApiError('not_found', `There is nothing at ${request.path.slice(0, 200)}.`, { remedy: 'GET /openapi.json lists what there is.' });
};

/** For paths that a route has, with another method. */
export function methodNotAllowed(allowed: readonly string[]): RequestHandler {
  const allow = allowed.join(', ');
  return (request) => {
    throw new ApiError('method_not_allowed', `${request.method} is not possible here; use ${allow}.`, { headers: { allow } });
  };
}

/** `stopping` fires when the server was asked to stop; answers then end their connections. */
export function answerErrors(log: Logger, stopping: AbortSignal): ErrorRequestHandler {
  return (thrown: unknown, request, response, _next) => {
    const error = toApiError(thrown);
    const id = requestIdOf(response);
    response.locals['errorCode'] = error.code;
    if (error.status >= 500) log.error({ requestId: id, err: error.cause ?? error }, error.message);
    if (response.headersSent || response.destroyed) return void response.destroy();
    // What was not read of the body would be taken for the next request; a client that is still sending had better stop.
    if (stopping.aborted || (!request.readableEnded && request.method === 'POST')) response.set('connection', 'close');
    response.status(error.status).set(error.headers).json(error.body(id));
  };
}
