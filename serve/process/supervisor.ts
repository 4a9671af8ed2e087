/** @file The supervisor: holds the port, hands connections to the engine process, and replaces it when it dies or hangs. Never loads ONNX Runtime. */
import { createServer, type Server, type Socket } from 'node:net';
import { readFileSync } from 'node:fs';
import { setTimeout as setTimeoutAsync } from 'node:timers/promises';
import type { Logger } from 'pino';
import { messageOf } from '@robenc/shared/errors.js';
import { listen, urlOf } from '../listen.js';
import type { Settings } from '../settings/settings.js';
import { CrashRecord } from './crash-record.js';
import { EngineHandle } from './engine-handle.js';
import { tlsOf } from './tls.js';
import type { Ready } from './messages.js';
import { createStandIn } from './stand-in.js';

/** How long an engine of which a batch hangs may go on answering the rest once the next is ready. */
const HUNG_MS = 5_000;
/** How long a connection that no engine took may stay silent. */
const ORPHAN_MS = 5_000;

/** Holds the port, and keeps an engine process behind it. */
export class Supervisor {
  readonly #settings: Settings;
  readonly #log: Logger;
  readonly #crashes = new CrashRecord();
  readonly #standIn;
  readonly #listener: Server;
  #engine: EngineHandle | null = null;
  #next: EngineHandle | null = null;
  #starts = 0;
  #stopping = false;
  #reason = 'The server is starting.';
  port = 0;
  url = '';

  constructor(settings: Settings, log: Logger) {
    this.#settings = settings;
    this.#log = log;
    this.#standIn = createStandIn(
      () => this.#reason,
      tlsOf(settings, (path) => readFileSync(path, 'utf8')),
    );
    this.#listener = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => this.#hand(socket));
  }

  /** Takes the port and starts the first engine. Throws why it cannot, and ends then. */
  async start(): Promise<Ready> {
    const address = await listen(this.#listener, this.#settings.host, this.#settings.port);
    this.port = address.port;
    this.url = urlOf(address, this.#settings.tlsCert !== undefined);
    const engine = this.#open();
    try {
      const ready = await engine.ready;
      this.#engine = engine;
      this.#next = null;
      return ready;
    } catch (error) {
      this.#stopping = true;
      engine.kill();
      await new Promise<void>((resolve) => this.#listener.close(() => resolve()));
      throw error;
    }
  }

  /** Process id of the engine that answers now. */
  get enginePid(): number | undefined {
    return this.#engine?.pid;
  }

  /** Not ready at once; goes on for `delayMs`; then answers what is in work. Resolves to whether nothing was cut. */
  async stop({ delayMs, drainMs }: { delayMs: number; drainMs: number }): Promise<boolean> {
    this.#stopping = true;
    this.#reason = 'The server is stopping.';
    this.#next?.kill();
    const stopped = this.#engine?.stop(delayMs, drainMs) ?? Promise.resolve(true);
    await Promise.race([setTimeoutAsync(delayMs), stopped]);
    this.#listener.close();
    const clean = await stopped;
    this.#standIn.closeAllConnections();
    return clean;
  }

  #hand(socket: Socket): void {
    socket.on('error', () => undefined);
    if (this.#engine?.alive === true) return this.#engine.hand(socket);
    this.#standIn.emit('connection', socket);
    socket.resume();
  }

  #open(): EngineHandle {
    const engine: EngineHandle = new EngineHandle(++this.#starts, this.#settings, {
      onHung: (reason) => this.#hung(engine, reason),
      onExit: (how, orphans) => {
        this.#gone(engine, how);
        // Should the engine have read from one after all, there is no request in it any more.
        for (const socket of orphans) this.#hand(socket.setTimeout(ORPHAN_MS, () => socket.destroy()));
      },
    });
    this.#next = engine;
    return engine;
  }

  /** A process that hears nothing is killed; one of which only a batch hangs answers on until the next is ready. */
  #hung(engine: EngineHandle, reason: string): void {
    if (this.#stopping) return;
    this.#log.error({ engine: engine.pid, reason }, 'The engine hangs and is replaced.');
    if (engine !== this.#engine || reason.includes('no sign of life')) return engine.kill();
    if (this.#next === null) void this.#replace();
  }

  #gone(engine: EngineHandle, how: string): void {
    const was = engine === this.#engine ? 'current' : engine === this.#next ? 'next' : 'old';
    if (was === 'current') this.#engine = null;
    if (was === 'next') this.#next = null;
    if (this.#stopping || was === 'old') return;
    // The first start reports its own failure.
    if (was === 'next' && this.#starts === 1) return;
    const wait = this.#crashes.add(performance.now());
    this.#reason = `The process that computes ended (${how}); another one is started.${wait > 0 ? ` It has ended ${this.#crashes.recent} times within a minute, so the next start waits ${wait} ms.` : ''}`;
    this.#log.error({ engine: engine.pid, how, waitMs: wait }, 'An engine ended and is replaced.');
    if (this.#next === null) setTimeout(() => this.#stopping || this.#next !== null || void this.#replace(), wait);
  }

  /** Starts the next engine, and changes over when it is ready. */
  async #replace(): Promise<void> {
    const engine = this.#open();
    try {
      await engine.ready;
    } catch (error) {
      this.#log.error({ err: messageOf(error) }, 'The next engine did not start.');
      this.#reason = `The process that computes does not start: ${messageOf(error)}`;
      engine.kill();
      return;
    }
    const old = this.#engine;
    this.#engine = engine;
    this.#next = null;
    this.#log.info({ engine: engine.pid }, 'The next engine answers.');
    if (old?.alive === true) void old.stop(0, HUNG_MS);
  }
}
