/** @file The process of one audit as the server sees it: started at the lowest priority, heard, and ended. */
import { fork, type ChildProcess } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { RobencError } from '@robenc/shared/errors.js';
import type { AuditTask, FromAudit, ToAudit } from './messages.js';

/** How long a process that was told to stop may take to do so. */
const STOP_LIMIT_MS = 15_000;

/** How an audit ended: with a result or a failure that it told, stopped as it was told to, or without a word. */
export type Ending = Extract<FromAudit, { kind: 'done' | 'failed' }> | { readonly kind: 'stopped' } | { readonly kind: 'lost'; readonly how: string };

/** The process of one audit. */
export class AuditHandle {
  readonly #child: ChildProcess;
  #stopped = false;
  /** Never rejects. */
  readonly ended: Promise<Ending>;

  constructor(task: AuditTask, hear: (message: Extract<FromAudit, { kind: 'progress' | 'note' }>) => void) {
    this.#child = fork(new URL('./start.mjs', import.meta.url), { serialization: 'advanced', execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.#child.on('error', () => undefined);
    // Before it has threads, so that all of them are patient.
    if (this.#child.pid !== undefined) setPriority(this.#child.pid, constants.priority.PRIORITY_LOW);
    this.#tell({ kind: 'start', task });
    let last: Ending | null = null;
    this.#child.on('message', (message: FromAudit) => {
      if (message.kind === 'done' || message.kind === 'failed') last = message;
      else hear(message);
    });
    this.ended = new Promise((resolve) => {
      const end = (how: string) => resolve(this.#stopped && last?.kind !== 'done' ? { kind: 'stopped' } : (last ?? { kind: 'lost', how }));
      this.#child.once('exit', (code, signal) => {
        // What it said last is read once it is disconnected.
        const tell = () => end(signal === null ? `exit code ${code}` : `signal ${signal}`);
        if (this.#child.connected) this.#child.once('disconnect', tell);
        else tell();
      });
      this.#child.once('error', (error) => end(error.message));
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Lets it keep what is done and end. Resolves when it is gone. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#tell({ kind: 'stop' });
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_LIMIT_MS);
    await this.ended;
    clearTimeout(timer);
  }

  #tell(message: ToAudit): void {
    if (!this.#child.connected) throw new RobencError('unavailable', 'The process of the audit could not be started.');
    this.#child.send(message, () => undefined);
  }
}
