/** @file What is known of one request from its first header to the end of its answer: for the log, the metrics and the answer's own headers. */
import type { Span } from '@opentelemetry/api';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RunReport } from '../batching/dispatcher.js';
import type { Stay } from '../batching/admission.js';
import type { ApiError } from '../errors.js';
import type { Family } from '../families/family.js';
import type { Match } from './match.js';

export interface Exchange {
  readonly id: string;
  readonly started: number;
  /** Whether it came by HTTPS. */
  readonly secure: boolean;
  readonly path: string;
  readonly family: Family;
  readonly match: Match | null;
  /** Who asks: the name of an API key, or the address. */
  client: string;
  stay: Stay | null;
  model: { readonly id: string; readonly digest: string; readonly device: string } | null;
  images: number;
  errorCode: string | null;
  /** Why the door did not let it in. */
  refusal: ApiError | null;
  readonly report: RunReport;
  /** While it is worked on: who is to hear that its client has gone. */
  context: { left(): void } | null;
  /** Of its trace; null where nothing is traced. */
  readonly span: Span | null;
  /** Fires when the server was asked to stop; answers then end their connections. */
  readonly stopping: AbortSignal;
}

/** Ids of requests that may be sent and logged as they came. */
export const HARMLESS_ID = /^[A-Za-z0-9._:-]{1,128}$/;

const EXCHANGE = Symbol('exchange');

/** A property rather than a weak map, which the garbage collector would have to walk for every request. */
type Known = ServerResponse & { [EXCHANGE]?: Exchange };

export function setExchange(response: ServerResponse, exchange: Exchange): void {
  (response as Known)[EXCHANGE] = exchange;
}

/** The one that the door opened. */
export function exchangeOf(response: ServerResponse): Exchange {
  return (response as Known)[EXCHANGE]!;
}

/** Bytes of the body by its headers: the length, or `otherwise` where it is sent in chunks of unknown number. */
export function announcedBytes({ headers }: IncomingMessage, otherwise: number): number {
  const length = headers['content-length'];
  return length === undefined ? (headers['transfer-encoding'] === undefined ? 0 : otherwise) : Number(length);
}
