/** @file The context that commands run in when they run from a shell: the process's own streams and folder. */
import type { CommandContext } from '@robenc/shared/config/command.js';
import { messageOf, RobencError } from '@robenc/shared/errors.js';
import { createProgressBar, type LineSink } from './progress-bar.js';

export interface ShellContext extends CommandContext {
  /** Tells what went wrong: text on stderr, and with `--json` an object on stdout, unless the result is already there. */
  fail(error: unknown): void;
  /** Ends the progress line, and with `--json` makes sure that there is an object on stdout. */
  finish(exitCode: number): void;
}

export function createShellContext(options: {
  json: boolean;
  signal: AbortSignal;
  cwd: string;
  stdout: LineSink;
  stderr: LineSink;
  debug: boolean;
}): ShellContext {
  const { json, signal, cwd, stdout, stderr, debug } = options;
  const bar = createProgressBar(stderr, () => performance.now());
  let answered = false;
  const line = (sink: LineSink, text: string) => {
    bar.clear();
    sink.write(`${text}\n`);
  };
  const answer = (value: object) => {
    answered = true;
    line(stdout, JSON.stringify(value));
  };
  return {
    json,
    signal,
    cwd,
    stdout: (text) => line(json ? stderr : stdout, text),
    stderr: (text) => line(stderr, text),
    progress: (report) => bar.show(report),
    result(value) {
      if (answered) throw new Error('This command gave two results.');
      if (json) answer(value);
    },
    fail(error) {
      line(stderr, `robenc: ${debug && error instanceof Error ? (error.stack ?? error.message) : messageOf(error)}`);
      if (json && !answered) answer(errorObject(error));
    },
    finish(exitCode) {
      bar.clear();
      if (json && !answered) answer({ exitCode });
    },
  };
}

/** What programs get with `--json`: `{"error": {code, message, field}}`; a flag is named without its dashes. An error that robenc did not throw on purpose has code `internal`. */
export function errorObject(error: unknown): { error: { code: string; message: string; field?: string } } {
  const { code, field } = error instanceof RobencError ? error : { code: 'internal', field: undefined };
  return { error: { code, message: messageOf(error), ...(field === undefined ? {} : { field: field.replace(/^--/, '') }) } };
}
