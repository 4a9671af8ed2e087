/** @file Sends an error in the words of its API family, with as little work as possible: under overload most answers are this one. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ApiError } from '../errors.js';
import { announcedBytes, exchangeOf } from './exchange.js';
import { commonHeaders, writeAnswer } from './write-answer.js';

/** A body that is left unread up to this size is read and thrown away, so that the connection can go on; a larger one ends it. */
const WORTH_READING = 64 * 1024;

/** Answers with an error in the form of the family that was asked; where the answer has begun, ends the connection. */
export function sendError(request: IncomingMessage, response: ServerResponse, error: ApiError): void {
  const exchange = exchangeOf(response);
  exchange.errorCode = error.code;
  if (response.headersSent || response.destroyed) return void response.destroy();
  const headers = commonHeaders(exchange);
  if (!exchange.stopping.aborted && !request.complete && announcedBytes(request, Infinity) > WORTH_READING) headers.push('connection', 'close');
  for (const [name, value] of Object.entries(error.headers)) headers.push(name, value);
  headers.push('content-type', 'application/json; charset=utf-8');
  const body = JSON.stringify(exchange.family.errorBody(error, exchange.id));
  writeAnswer(response, exchange.family.status?.(error) ?? error.status, headers, body);
}
