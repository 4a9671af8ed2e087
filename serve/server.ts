/** @file The running server: an app on a port, and an orderly end. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as setTimeoutAsync } from 'node:timers/promises';
import type { Logger } from 'pino';
import { messageOf, RobencError } from '@robenc/shared/errors.js';
import { createApp } from './app.js';
import { Admission } from './batching/admission.js';
import type { Engine } from './engine/engine.js';
import type { Limits } from './limits.js';

export interface ServerOptions {
  readonly engine: Engine;
  readonly limits: Limits;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly log: Logger;
  /** A clock in milliseconds. */
  readonly now: () => number;
}

export interface RunningServer {
  /** The address that is really bound, e.g. `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly port: number;
  /**
   * Refuses readiness at once, works on for `delayMs` (so that whoever watches readiness can send new requests elsewhere), then takes no new
   * connections, waits for the requests in work, and after `drainMs` cuts what is left. Resolves to whether all were answered. The engine stays open.
   */
  stop(options: { delayMs?: number; drainMs: number }): Promise<boolean>;
}

/** Listens. Throws `io` when the port is in use or may not be used. */
export async function startServer({ engine, limits, host, port, log, now }: ServerOptions): Promise<RunningServer> {
  const stopping = new AbortController();
  const admission = new Admission({ limit: limits.queueLimit });
  const server = createServer(createApp({ engine, limits, admission, stopping: stopping.signal, log, now }));
  // A slow sender may not hold a socket for ever; a kept connection must outlive the idle time of usual proxies.
  server.headersTimeout = 15_000;
  server.requestTimeout = 60_000;
  server.keepAliveTimeout = 65_000;
  const address = await listen(server, host, port);
  return {
    url: `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`,
    port: address.port,
    async stop({ delayMs = 0, drainMs }) {
      stopping.abort();
      if (delayMs > 0) await setTimeoutAsync(delayMs);
      return closeServer(server, drainMs);
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => reject(listenFailure(cause, host, port)));
    server.listen(port, host, () => resolve(server.address() as AddressInfo));
  });
}

function listenFailure(cause: NodeJS.ErrnoException, host: string, port: number): RobencError {
  const where = `port ${port} on ${host}`;
  const [message, field] =
    cause.code === 'EADDRINUSE'
      ? [`The ${where} is in use. Choose another with --port, or --port 0 for any free one.`, 'port']
      : cause.code === 'EACCES'
        ? [`The ${where} may not be used by this user. Choose one above 1023 with --port.`, 'port']
        : [`Could not listen on ${where}: ${messageOf(cause)}. Check --host and --port.`, 'host'];
  return new RobencError('io', message, { cause, field });
}

async function closeServer(server: Server, drainMs: number): Promise<boolean> {
  let cut = false;
  const timer = setTimeout(() => {
    cut = true;
    server.closeAllConnections();
  }, drainMs);
  // close() ends connections that are idle now; answers in work end theirs; one whose answer was on its way already becomes idle later.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  await new Promise<void>((resolve) => server.close(() => resolve()));
  clearInterval(sweep);
  clearTimeout(timer);
  return !cut;
}
