/** @file Every request has an id: the client's own if it is harmless, else a new one. It goes into the answer and the log. */
import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';

const HARMLESS = /^[A-Za-z0-9._:-]{1,128}$/;

export const requestId: RequestHandler = (request, response, next) => {
  const given = request.get('x-request-id');
  const id = given !== undefined && HARMLESS.test(given) ? given : randomUUID();
  response.locals['requestId'] = id;
  response.set('x-request-id', id);
  next();
};

/** The id that the middleware gave. */
export function requestIdOf(response: { locals: Record<string, unknown> }): string {
  return response.locals['requestId'] as string;
}
