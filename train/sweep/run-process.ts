/** @file The process of one run of a sweep: what breaks it, be it a lack of memory, does not break the others. */
import { messageOf, RobencError } from '@robenc/shared/errors.js';
import { train } from '../run/run.js';
import type { FromRun, ToRun } from './messages.js';

const say = (message: FromRun, then?: () => void) => (process.connected ? process.send!(message, () => then?.()) : then?.());
const stop = new AbortController();

// The terminal sends Ctrl+C, and that it was closed, to the whole group; it is for the sweep to decide.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
// Without a sweep nobody would hear of the end: save, and end.
process.on('disconnect', () => stop.abort());
process.on('message', (message: ToRun) => {
  if (message.kind === 'stop') return stop.abort();
  const work = train(message.run, {
    resume: true,
    signal: stop.signal,
    clock: () => performance.now() / 1000,
    note: (line) => say({ kind: 'note', line }),
    report: ({ step, loss }, steps) => say({ kind: 'step', step, steps, loss }),
  });
  work.then(
    (summary) => say({ kind: 'done', summary }, () => process.exit(0)),
    (error: unknown) => {
      const code = error instanceof RobencError ? error.code : null;
      say({ kind: 'failed', code, message: messageOf(error) }, () => process.exit(0));
    },
  );
});
