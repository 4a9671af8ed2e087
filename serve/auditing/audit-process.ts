/** @file The process of one audit: `robenc audit` at the lowest priority, told what to do and when to stop by the server. */
import { join } from 'node:path';
import { constants, setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeAudit } from '@robenc/audit/report/write.js';
import { runAudit } from '@robenc/audit/runner.js';
import { AuditReport } from '@robenc/shared/config/audit.js';
import { check } from '@robenc/shared/config/check.js';
import { dataSpecOf } from '@robenc/shared/data/detect.js';
import { messageOf, RobencError } from '@robenc/shared/errors.js';
import { claimFolder } from './claim.js';
import type { AuditTask, FromAudit, ToAudit } from './messages.js';
import { attackOf } from './request.js';

const say = (message: FromAudit, then?: () => void) => (process.connected ? process.send!(message, () => then?.()) : then?.());
/** How often to look whether another process has let go of the audit. */
const CLAIM_MS = 200;
const stop = new AbortController();

// Threads that start from here on are as patient as this one.
setPriority(constants.priority.PRIORITY_LOW);
// The terminal sends Ctrl+C to the whole group; it is for the server to decide.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
// Without a server nobody would hear of the end; what is done is kept, and the next server goes on.
process.on('disconnect', () => stop.abort());
process.on('message', (message: ToAudit) => {
  if (message.kind === 'stop') return stop.abort();
  void work(message.task).then(
    (outcome) => say({ kind: 'done', outcome }, () => process.exit(0)),
    (error: unknown) => {
      const code = error instanceof RobencError ? error.code : 'internal';
      say({ kind: 'failed', code, message: withoutPaths(messageOf(error), message.task) }, () => process.exit(0));
    },
  );
});

async function work(task: AuditTask) {
  const { options, output, workers, device } = task;
  while (!claimFolder(output)) await sleep(CLAIM_MS, undefined, { signal: stop.signal });
  const { split, holdOut, threat, limit, seed, failUnder, maxMinutes } = options;
  const run = await runAudit({
    ...attackOf(options),
    ...{ mean: [], std: [], layout: undefined, range: [], classes: [], resize: undefined, output: undefined, batchSize: undefined },
    ...{ split, holdOut, threat, limit, seed, maxMinutes, workers, device },
    model: task.package,
    data: await dataSpecOf(task.data, output),
    failUnder: failUnder ?? null,
    state: { folder: output, fresh: false },
    signal: stop.signal,
    progress: (progress) => say({ kind: 'progress', progress }),
    tell: (line) => say({ kind: 'note', line: withoutPaths(line, task) }),
    now: () => Date.now(),
  }).catch((cause: unknown) => {
    if (cause instanceof RobencError && cause.code === 'mismatch' && cause.field === output)
      throw new RobencError('mismatch', 'The data set or the model is not what it was when this audit began, so it cannot go on. Start another one.', {
        cause,
      });
    throw cause;
  });
  // Readers know the model and the data by their names; where they lie is nobody's business.
  const model = { ...run.report.model, path: join(task.model, run.report.model.path.slice(task.package.length + 1)) };
  const report = check(AuditReport, { ...run.report, model, data: { ...run.report.data, path: options.data } }, 'audit.json');
  await writeAudit(output, { ...run, report }, `POST /v1/audits ${JSON.stringify(options)}`);
  const { reliable, complete, passed } = report;
  const results = report.results.map(({ norm, epsilon, images, cleanAccuracy, robustAccuracy, interval }) => {
    return { norm, epsilon, images, cleanAccuracy, robustAccuracy, interval: [...interval] };
  });
  return { reliable, complete, passed, results };
}

function withoutPaths(text: string, task: AuditTask): string {
  return text.replaceAll(task.data, task.options.data).replaceAll(task.package, task.model).replaceAll(task.output, `audit ${task.id}`);
}
