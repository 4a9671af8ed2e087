/** @file The running server: an app on a port, and an orderly end. */
import { createServer as createHttp, type Server } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { setTimeout as setTimeoutAsync } from 'node:timers/promises';
import type { Logger } from 'pino';
import { Keyring } from './access/keyring.js';
import { Rates } from './access/rates.js';
import { createApp } from './app.js';
import type { Audits } from './auditing/audits.js';
import { Admission } from './batching/admission.js';
import { MemoryPool } from './batching/memory-pool.js';
import type { Engine } from './engine/engine.js';
import type { Limits } from './limits.js';
import { listen, urlOf } from './listen.js';
import { Metrics } from './observability/metrics.js';
import type { Tracing } from './observability/tracing.js';
import type { Tls } from './process/tls.js';

export interface ServerOptions {
  readonly engine: Engine;
  readonly limits: Limits;
  readonly log: Logger;
  /** A clock in milliseconds. */
  readonly now: () => number;
  /** Where to listen; without it connections are handed over with `server.emit('connection', socket)`. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly metrics?: Metrics;
  readonly keys?: Keyring;
  readonly rates?: Rates;
  readonly audits?: Audits | null;
  readonly tracing?: Tracing | null;
  readonly cors?: readonly string[] | null;
  readonly tls?: Tls | null;
}

export interface RunningServer {
  /** The address that is really bound, e.g. `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly port: number;
  readonly metrics: Metrics;
  readonly admission: Admission;
  /**
   * Refuses readiness at once, works on for `delayMs` (so that whoever watches readiness can send new requests elsewhere), then takes no new
   * connections, waits for the requests in work, and after `drainMs` cuts what is left. Resolves to whether all were answered. The engine stays open.
   */
  stop(options: { delayMs?: number; drainMs: number }): Promise<boolean>;
}

/** A server that does not listen yet, and what it shares with its requests. */
export interface Assembled {
  readonly server: Server;
  readonly metrics: Metrics;
  readonly admission: Admission;
  readonly stopping: AbortController;
}

/** App, metrics and HTTP(S) server around an engine; listens nowhere yet. */
export function assembleServer(options: Omit<ServerOptions, 'host' | 'port'>): Assembled {
  const { engine, limits, log, now, audits = null, tracing = null, cors = null, tls = null } = options;
  const stopping = new AbortController();
  const admission = new Admission({ limit: limits.queueLimit, bytes: limits.queueBytes });
  const bodies = new MemoryPool(32 * 2 ** 20);
  const metrics = options.metrics ?? new Metrics();
  const { dispatcher } = engine;
  metrics.watch({
    waitingRows: () => dispatcher.waitingRows,
    heldRows: () => admission.held,
    heldBytes: () => admission.heldBytes,
    runningBatches: () => dispatcher.runningBatches,
    audits: () => ({ running: audits?.running ?? 0, queued: audits?.waiting ?? 0 }),
    failingModels: () => engine.probes.filter(({ failure }) => failure !== null).length,
  });
  const keys = options.keys ?? new Keyring(null);
  const rates = options.rates ?? new Rates(null);
  const app = createApp({ engine, limits, admission, bodies, metrics, keys, rates, audits, tracing, cors, stopping: stopping.signal, log, now });
  // A slow sender may not hold a socket for ever; a kept connection must outlive the idle time of usual proxies.
  const times = { headersTimeout: 15_000, requestTimeout: 60_000, keepAliveTimeout: 65_000, connectionsCheckingInterval: 1_000 };
  const server = tls === null ? createHttp(times, app) : createHttps({ ...times, ...tls }, app);
  return { server, metrics, admission, stopping };
}

/** Listens. Throws `io` when the port is in use or may not be used. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { host, port, tls = null } = options;
  const { server, metrics, admission, stopping } = assembleServer(options);
  const address = await listen(server, host, port);
  return {
    url: urlOf(address, tls !== null),
    port: address.port,
    metrics,
    admission,
    async stop({ delayMs = 0, drainMs }) {
      stopping.abort();
      if (delayMs > 0) await setTimeoutAsync(delayMs);
      const clean = await closeServer(server, drainMs);
      metrics.close();
      return clean;
    },
  };
}

/** Ends a server that listens: no new connections, answers first, cuts after `drainMs`. Resolves to whether nothing was cut. */
export async function closeServer(server: Server, drainMs: number): Promise<boolean> {
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
