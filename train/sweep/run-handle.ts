/** @file A run in a process of its own, as the sweep sees it. */
import { fork } from 'node:child_process';
import type { RunConfig } from '@robenc/shared/config/run.js';
import { RobencError } from '@robenc/shared/errors.js';
import type { TrainSummary } from '../run/summary.js';
import type { FromRun, ToRun } from './messages.js';

/**
 * Trains, or goes on with a run that was begun. When the signal fires the run saves a checkpoint first.
 * Throws what the run throws, and `unavailable` for a process that ended without a word, as one does that the system killed for its memory.
 */
export async function runInProcess(
  run: RunConfig,
  { signal, hear }: { signal: AbortSignal; hear: (message: Extract<FromRun, { kind: 'note' | 'step' }>) => void },
): Promise<TrainSummary> {
  signal.throwIfAborted();
  const child = fork(new URL('./start.mjs', import.meta.url), { serialization: 'advanced', execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const tell = (message: ToRun) => void (child.connected && child.send(message, () => undefined));
  const stop = () => tell({ kind: 'stop' });
  signal.addEventListener('abort', stop);
  tell({ kind: 'start', run });
  try {
    return await new Promise<TrainSummary>((resolve, reject) => {
      let last: Extract<FromRun, { kind: 'done' | 'failed' }> | null = null;
      child.on('message', (message: FromRun) => {
        if (message.kind === 'done' || message.kind === 'failed') last = message;
        else hear(message);
      });
      const end = (how: string) => {
        if (last?.kind === 'done') return resolve(last.summary);
        if (last !== null) return reject(last.code === null ? new Error(last.message) : new RobencError(last.code, last.message));
        reject(
          new RobencError(
            'unavailable',
            `The process of the run ended with ${how}${how === 'signal SIGKILL' ? ', which the system sends where memory runs out' : ''}. Start the sweep again to go on with it.`,
          ),
        );
      };
      child.once('error', (error) => end(error.message));
      child.once('exit', (code, killer) => {
        const tellEnd = () => end(killer === null ? `exit code ${code}` : `signal ${killer}`);
        // What it said last is read once it is disconnected.
        if (child.connected) child.once('disconnect', tellEnd);
        else tellEnd();
      });
    });
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
