/** @file `robenc serve`: answers requests until it is told to stop. */
import { pino } from 'pino';
import { defineCommand } from '@robenc/shared/config/command.js';
import { EXIT } from '@robenc/shared/errors.js';
import { Supervisor } from '../process/supervisor.js';
import { FLAGS, resolveSettings, strayVariables, summaryOf } from '../settings/settings.js';

export default defineCommand({
  name: 'serve',
  summary: 'serve model packages over HTTP: embeddings, classification, robustness checks',
  details:
    'Serves the latest version of every package in the models folder, or those that --model names, and follows when another version is promoted. Prints the address once it can answer; logs go to stderr. Settings may also stand in the file that --config names, as {"queueLimit": 512}, or in the environment, as ROBENC_QUEUE_LIMIT=512; flags come first. SIGTERM or Ctrl+C stops it after the requests in work are answered.',
  examples: ['robenc serve --models models --port 8080', 'robenc serve --model resnet-small@2 --port 0 --json'],
  options: { config: { type: 'string', value: 'file', description: 'JSON file of settings, named as the flags are, in camelCase' }, ...FLAGS },
  async run({ config, ...flags }, context) {
    const resolved = resolveSettings({ flags, environment: process.env, file: config, cwd: context.cwd });
    const { settings } = resolved;
    const log = pino({ level: settings.logLevel }, pino.destination({ dest: 2, sync: false }));
    log.info(summaryOf(resolved), 'settings that are not the defaults');
    for (const stray of strayVariables(process.env)) context.stderr(stray);
    if (settings.auditData !== undefined && settings.keys === undefined)
      context.stderr('Nobody can start audits: they need a key with the scope "audit", and there is no --keys.');
    const supervisor = new Supervisor(settings, log);
    const { models, devices, notices, workers } = await supervisor.start();
    for (const notice of notices) context.stderr(notice);
    context.stdout(`Serving ${models.join(', ')} on ${devices.join(', ')} with ${workers} worker${workers === 1 ? '' : 's'} at ${supervisor.url}`);
    context.result({ url: supervisor.url, port: supervisor.port, pid: process.pid, models, devices, workers });
    await aborted(context.signal);
    const clean = await supervisor.stop({ delayMs: settings.drainDelay * 1000, drainMs: settings.drainTimeout * 1000 });
    log.flush();
    if (!clean) context.stderr(`Requests that took longer than ${settings.drainTimeout} s after the stop were cut.`);
    return clean ? EXIT.done : EXIT.notReliable;
  },
});

/** Unlike a promise, a signal does not keep the process alive; the listening server does. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener('abort', () => done(), { once: true });
  });
}
