/** @file What stops a command: signals, and readers of its output that go away. */
import { RobencError } from '@robenc/shared/errors.js';

/** The first SIGINT or SIGTERM asks the command to stop, through the signal that is answered; the second takes the process down at once, as if unhandled. */
export function watchSignals(): AbortSignal {
  const abort = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (abort.signal.aborted) {
        process.removeAllListeners(signal);
        process.kill(process.pid, signal);
        return;
      }
      process.stderr.write(`\nrobenc: stopping.${signal === 'SIGINT' ? ' Press Ctrl+C again to stop at once.' : ''}\n`);
      abort.abort(new RobencError('cancelled', `Stopped by ${signal}.`));
    });
  }
  return abort.signal;
}

/** `robenc … | head` closes our stdout: that is the reader's wish and no error. */
export function watchPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
      throw error;
    });
  }
}
