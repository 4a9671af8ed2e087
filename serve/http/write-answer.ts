/** @file Writes answers: the headers in one list, which costs Node much less than setting them one by one. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet, { type HelmetOptions } from 'helmet';
import type { Exchange } from './exchange.js';

/** Names and values in turn. */
export type HeaderList = readonly string[];

/** What helmet sets, which is the same for every answer, asked for once. */
function securityHeaders(options: HelmetOptions): HeaderList {
  const found: string[] = [];
  const recorder = { setHeader: (name: string, value: string) => void found.push(name.toLowerCase(), value), removeHeader: () => undefined };
  helmet(options)({} as IncomingMessage, recorder as unknown as ServerResponse, () => undefined);
  return found;
}
const SECURE = securityHeaders({});
/** A server without HTTPS must not tell browsers to ask for it. */
const PLAIN = securityHeaders({ strictTransportSecurity: false, contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } });

/** A client that reads nothing for so long is gone. */
const READER_LIMIT_MS = 60_000;

/** Headers of every answer. */
export function commonHeaders({ id, secure, stopping }: Exchange): string[] {
  const headers = [...(secure ? SECURE : PLAIN), 'x-request-id', id, 'cache-control', 'no-store'];
  // A client that keeps its connection would otherwise meet a closed door with its next request.
  if (stopping.aborted) headers.push('connection', 'close');
  return headers;
}

/** Sends a whole answer. */
export function writeAnswer(response: ServerResponse, status: number, headers: HeaderList, body: Uint8Array | string): void {
  response.writeHead(status, [...headers, 'content-length', String(Buffer.byteLength(body))]);
  response.end(response.req.method === 'HEAD' ? undefined : body);
  // Most answers are with the system by now.
  if (response.socket === null || response.socket.writableLength > 0) watchReader(response);
}

/** Sends the head of an answer that `body` writes, piece by piece. */
export async function streamAnswer(
  response: ServerResponse,
  status: number,
  headers: HeaderList,
  body: (response: ServerResponse) => Promise<void>,
): Promise<void> {
  response.statusCode = status;
  for (let i = 0; i < headers.length; i += 2) response.setHeader(headers[i]!, headers[i + 1]!);
  watchReader(response);
  if (response.req.method === 'HEAD') response.end();
  else await body(response);
}

function watchReader(response: ServerResponse): void {
  response.setTimeout(READER_LIMIT_MS, () => response.destroy());
}
