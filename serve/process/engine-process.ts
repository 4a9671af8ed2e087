/** @file An engine process: models, queue and HTTP. Its supervisor holds the port and hands it connections, one by one. */
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { setTimeout as setTimeoutAsync } from 'node:timers/promises';
import { pino } from 'pino';
import { messageOf, RobencError } from '@robenc/shared/errors.js';
import { Keyring } from '../access/keyring.js';
import { Rates } from '../access/rates.js';
import { Audits } from '../auditing/audits.js';
import { Engine } from '../engine/engine.js';
import { watchReadiness } from '../engine/ready.js';
import { Metrics } from '../observability/metrics.js';
import type { Tracing } from '../observability/tracing.js';
import { assembleServer, type Assembled } from '../server.js';
import type { Settings } from '../settings/settings.js';
import { auditsOptions, engineOptions } from './from-settings.js';
import type { FromEngine, ToEngine } from './messages.js';
import { tlsOf } from './tls.js';

const say = (message: FromEngine) => process.send?.(message);
/** How often the runs are looked at, and how often in a row one must look stuck: after a pause of the whole machine every one does, once. */
const WATCH_MS = 250;
const LOOKS = 3;

// The terminal sends Ctrl+C to the whole group; it is for the supervisor to decide.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
// Without a supervisor nobody hands over connections, or would ever end this process.
process.on('disconnect', () => process.exit(1));

/** A write for every line would cost a tenth of a small model's time. Lines wait a quarter of a second at most; at the end of the process all are written. */
const LOG_GATHERING = { minLength: 4_096, periodicFlush: 250 };

let assembled: (Assembled & { readonly engine: Engine; readonly audits: Audits | null; readonly tracing: Tracing | null }) | null = null;
const sockets = new Set<Socket>();

process.on('message', (message: ToEngine, socket: Socket | undefined) => {
  if (message.kind === 'ping') say({ kind: 'pong', number: message.number });
  else if (message.kind === 'connection') {
    // Before the first byte is read.
    say({ kind: 'took', id: message.id });
    take(socket);
  } else if (message.kind === 'stop') void stop(message);
  else
    void start(message).catch((error: unknown) => {
      const own = error instanceof RobencError ? error : null;
      say({ kind: 'failed', code: own?.code ?? null, message: messageOf(error), field: own?.field ?? null });
    });
});

async function start({ settings, starts, socketPath }: Extract<ToEngine, { kind: 'start' }>): Promise<void> {
  const log = pino({ level: settings.logLevel, base: { pid: process.pid } }, pino.destination({ dest: 2, sync: false, ...LOG_GATHERING }));
  const metrics = new Metrics({ engineStarts: starts });
  const keys = new Keyring(settings.keys ?? null);
  const options = engineOptions(settings);
  const engine = await Engine.open({
    ...options,
    onBatch: (report) => metrics.batchDone(report.runner.id, report),
    onShadow: (report) => metrics.shadowed(report),
    onChange(change) {
      metrics.modelChanged(change.change);
      log[change.change === 'refused' ? 'error' : 'info'](change, 'model');
    },
  });
  const { cors } = settings;
  const audited = auditsOptions(settings);
  const audits = audited === null ? null : new Audits({ ...audited, log });
  const collector = settings.otlpEndpoint ?? process.env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  // Its packages are loaded only where somebody wants traces.
  const tracing = collector === undefined || collector === '' ? null : new (await import('../observability/tracing.js')).Tracing(collector);
  const parts = {
    engine,
    limits: settings.limits,
    log,
    now: options.now,
    metrics,
    keys,
    audits,
    tracing,
    rates: new Rates(settings.rate ?? null),
    cors: cors.length === 0 ? null : cors,
    tls: tlsOf(settings, (path) => readFileSync(path, 'utf8')),
  };
  const server = assembleServer(parts);
  assembled = { ...server, engine, audits, tracing };
  // Node checks slow clients only of servers that listen; nobody knows of this place.
  await new Promise<void>((resolve, reject) => server.server.once('error', reject).listen(socketPath, resolve));
  watch(engine, settings, keys, metrics, log);
  const opened = engine.opened;
  say({
    kind: 'ready',
    models: engine.models.entries.map(({ model }) => model.id),
    devices: [...new Set(opened.map(({ device }) => device))],
    notices: [...new Set(opened.flatMap(({ notice }) => notice ?? []))],
    workers: options.workers,
  });
}

function watch(engine: Engine, settings: Settings, keys: Keyring, metrics: Metrics, log: pino.Logger): void {
  let looks = 0;
  setInterval(() => {
    const stuck = engine.dispatcher.stuck(settings.hang * 1000);
    looks = stuck === null ? 0 : looks + 1;
    if (stuck === null || looks !== LOOKS) return;
    log.error(stuck, 'A batch hangs; this process will be replaced.');
    say({ kind: 'stuck', ...stuck });
  }, WATCH_MS).unref();
  if (settings.probe > 0) watchReadiness(engine, { everyMs: settings.probe * 1000, metrics, log });
  if (settings.reload === 0) return;
  setInterval(() => {
    try {
      keys.reload();
    } catch (error) {
      log.error({ err: error }, 'The changed keys cannot be read; the ones before stay.');
    }
    engine.sync().catch((error: unknown) => log.error({ err: error }, 'The models folder cannot be read; what is served stays.'));
  }, settings.reload * 1000).unref();
}

function take(socket: Socket | undefined): void {
  // Whoever left while the connection was handed over is gone.
  if (socket === undefined) return;
  if (assembled === null) return void socket.destroy();
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
  socket.setNoDelay(true);
  assembled.server.emit('connection', socket);
  socket.resume();
}

async function stop({ delayMs, drainMs }: Extract<ToEngine, { kind: 'stop' }>): Promise<void> {
  if (assembled === null) process.exit(0);
  const { server, stopping, engine, audits, tracing } = assembled;
  stopping.abort();
  await setTimeoutAsync(delayMs);
  const quiet = audits?.close();
  const deadline = performance.now() + drainMs;
  // Connections that are idle end now; answers in work end theirs.
  while (sockets.size > 0 && performance.now() < deadline) {
    server.closeIdleConnections();
    await setTimeoutAsync(20);
  }
  const clean = sockets.size === 0;
  for (const socket of sockets) socket.destroy();
  server.close();
  say({ kind: 'stopped', clean });
  await Promise.all([engine.close(), quiet, tracing?.close()]);
  process.exit(0);
}
