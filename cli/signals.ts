/** @file What stops a command: signals, and readers of its output that go away. */
import { RobencError } from '@robenc/shared/errors.js';

/** SIGHUP comes when a terminal is closed, often twice: from the system, and from the shell. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * The signal that is answered asks the command to stop, so that it keeps what it has: at the first SIGINT, SIGTERM or SIGHUP, and when whatever reads its output goes
 * away (`robenc … | head`). The second SIGINT or SIGTERM takes the process down at once, as if unhandled; what is written to a closed pipe is lost without a word.
 */
export function watchSignals(): AbortSignal {
  const abort = new AbortController();
  for (const signal of SIGNALS) process.on(signal, () => onSignal(signal, abort));
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'EIO' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
      abort.abort(new RobencError('cancelled', 'Stopped: nobody reads the output any more.'));
    });
  return abort.signal;
}

function onSignal(signal: (typeof SIGNALS)[number], abort: AbortController): void {
  if (abort.signal.aborted) {
    if (signal === 'SIGHUP') return;
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
    return;
  }
  process.stderr.write(`\nrobenc: stopping.${signal === 'SIGINT' ? ' Press Ctrl+C again to stop at once.' : ''}\n`);
  abort.abort(new RobencError('cancelled', `Stopped by ${signal}.`));
}
