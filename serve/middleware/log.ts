/** @file One log line per request: what was asked of which model, how it ended, how long it took. Never a payload. */
import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import { requestIdOf } from './request-id.js';

/** `now` is a clock in milliseconds. */
export function logRequests(log: Logger, now: () => number): RequestHandler {
  return (request, response, next) => {
    const started = now();
    response.on('close', () => {
      const status = response.writableFinished ? response.statusCode : 499;
      const { route, model, images, errorCode } = response.locals as { route?: string; model?: string; images?: number; errorCode?: string };
      const line = {
        requestId: requestIdOf(response),
        method: request.method,
        route: route ?? null,
        status,
        ms: Math.round((now() - started) * 10) / 10,
        model,
        images,
        errorCode,
      };
      log[status >= 500 ? 'error' : 'info'](line, 'request');
    });
    next();
  };
}
