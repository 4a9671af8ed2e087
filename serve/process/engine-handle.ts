/** @file One engine process as its supervisor sees it: started, asked for signs of life, handed connections, and ended. */
import { fork, type ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RobencError } from '@robenc/shared/errors.js';
import type { Settings } from '../settings/settings.js';
import type { FromEngine, Ready, ToEngine } from './messages.js';

export interface EngineEvents {
  /** It gives no sign of life, or one of its batches hangs. */
  onHung(reason: string): void;
  /** It is gone, whatever the reason. `orphans` are connections that it was to take and did not. */
  onExit(how: string, orphans: readonly Socket[]): void;
}

const PING_MS = 1_000;
/** An engine that is not ready after so long will not be. */
const START_LIMIT_MS = 300_000;

/** One engine process, as its supervisor sees it: started, watched, given connections, and ended. */
export class EngineHandle {
  readonly number: number;
  readonly #child: ChildProcess;
  readonly #socketPath: string;
  readonly ready: Promise<Ready>;
  readonly ended: Promise<void>;
  /** Connections that it was given and has not yet confirmed. They stay open here until then: what is on its way when a process dies would be lost, and its client wait for ever. */
  readonly #handed = new Map<number, Socket>();
  #connections = 0;
  #clean: boolean | null = null;
  #alive = true;
  #lastPong = performance.now();
  #started = false;

  /** `number` counts the engines of this supervisor. */
  constructor(number: number, settings: Settings, events: EngineEvents) {
    this.number = number;
    this.#socketPath = process.platform === 'win32' ? `\\\\.\\pipe\\robenc-${process.pid}-${number}` : join(tmpdir(), `robenc-${process.pid}-${number}.sock`);
    this.#child = fork(new URL('./start.mjs', import.meta.url), { serialization: 'advanced', execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.#send({ kind: 'start', settings, starts: number, socketPath: this.#socketPath });
    let lastTick = performance.now();
    const watch = setInterval(() => {
      this.#send({ kind: 'ping', number });
      const now = performance.now();
      // Whoever was asleep (a machine that was halted, or has far too much to do) has heard nothing, and that is no sign of death.
      this.#lastPong += Math.max(0, now - lastTick - PING_MS);
      lastTick = now;
      const silent = now - this.#lastPong;
      // While it loads its code and models it may be deaf for long.
      if (silent > (this.#started ? Math.max(settings.hang * 1000, 2 * PING_MS) : START_LIMIT_MS))
        events.onHung(`it has given no sign of life for ${Math.round(silent)} ms`);
    }, PING_MS);
    this.ended = new Promise((resolve) => {
      const end = (how: string) => {
        if (!this.#alive) return;
        this.#alive = false;
        clearInterval(watch);
        rmSync(this.#socketPath, { force: true });
        // What it said last is read by then.
        const tell = () => {
          events.onExit(how, [...this.#handed.values()]);
          resolve();
        };
        if (this.#child.connected) this.#child.once('disconnect', tell);
        else tell();
      };
      this.#child.on('exit', (code, signal) => end(signal === null ? `exit code ${code}` : `signal ${signal}`));
      this.#child.on('error', (error) => end(error.message));
    });
    this.ready = new Promise((resolve, reject) => {
      this.#child.on('message', (message: FromEngine) => {
        if (message.kind === 'pong') this.#lastPong = performance.now();
        else if (message.kind === 'took') this.#took(message.id);
        else if (message.kind === 'ready') {
          this.#started = true;
          this.#lastPong = performance.now();
          resolve(message);
        } else if (message.kind === 'failed') {
          const { code, message: text, field } = message;
          reject(code === null ? new Error(text) : new RobencError(code, text, field === null ? {} : { field }));
        } else if (message.kind === 'stuck') events.onHung(`${message.runner} has worked on one batch for ${Math.round(message.ms)} ms`);
        else this.#clean = message.clean;
      });
      void this.ended.then(() => reject(new RobencError('unavailable', 'The process that computes ended while it started.')));
    });
    this.ready.catch(() => undefined);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get alive(): boolean {
    return this.#alive;
  }

  hand(socket: Socket): void {
    const id = ++this.#connections;
    this.#handed.set(id, socket);
    this.#child.send({ kind: 'connection', id } satisfies ToEngine, socket, { keepOpen: true }, () => undefined);
  }

  /** The process has its own handle now; closing this one does not touch the connection. */
  #took(id: number): void {
    this.#handed.get(id)?.destroy();
    this.#handed.delete(id);
  }

  /** Lets it finish its work and end; kills it some time after it should have. Resolves to whether all requests were answered. */
  async stop(delayMs: number, drainMs: number): Promise<boolean> {
    this.#send({ kind: 'stop', delayMs, drainMs });
    const timer = setTimeout(() => this.kill(), delayMs + drainMs + 5_000);
    await this.ended;
    clearTimeout(timer);
    return this.#clean ?? false;
  }

  /** At once. A process that does not listen can be ended in no other way. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #send(message: ToEngine): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }
}
