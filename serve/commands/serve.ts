/** @file `robenc serve`: answers requests until it is told to stop. */
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { pino } from 'pino';
import { defineCommand, type CommandContext } from '@robenc/shared/config/command.js';
import { EXIT, RobencError } from '@robenc/shared/errors.js';
import { Engine } from '../engine/engine.js';
import { DEFAULT_LIMITS, IMAGES_ALLOWED, parseBytes } from '../limits.js';
import { startServer, type RunningServer } from '../server.js';

const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;

export default defineCommand({
  name: 'serve',
  summary: 'serve model packages over HTTP: embeddings, classification, robustness checks',
  details:
    'Serves the latest version of every package in the models folder, or those that --model names. Prints the address once it can answer; logs go to stderr. SIGTERM or Ctrl+C stops it after the requests in work are answered.',
  examples: ['robenc serve --models models --port 8080', 'robenc serve --model resnet-small@2 --port 0 --json'],
  options: {
    models: { type: 'string', value: 'dir', default: 'models', description: 'folder of model packages' },
    model: { type: 'list', value: 'names', description: 'serve only these: name or name@version' },
    host: { type: 'string', default: '127.0.0.1', description: 'address to listen on; 0.0.0.0 for all' },
    port: { type: 'number', default: 8080, integer: true, minimum: 0, maximum: 65_535, description: 'port to listen on; 0 for any free one' },
    workers: {
      type: 'number',
      integer: true,
      minimum: 1,
      maximum: 256,
      description: 'batches that are computed at the same time; one less than there are cores',
    },
    device: { type: 'string', choices: ['auto', 'cpu', 'cuda', 'webgpu'], default: 'auto', description: 'where models run' },
    batch: { type: 'number', default: 16, integer: true, minimum: 1, maximum: 1024, description: 'the most images or crops in one batch' },
    queueLimit: {
      type: 'number',
      default: DEFAULT_LIMITS.queueLimit,
      integer: true,
      minimum: 1,
      description: 'images and crops in work at once; beyond it requests are answered with 429',
    },
    maxBody: { type: 'string', value: 'size', default: '16mb', description: 'largest body, such as 16mb or 512kb' },
    maxPixels: { type: 'number', default: DEFAULT_LIMITS.maxPixels, integer: true, minimum: 1, description: 'most pixels of an image' },
    maxImages: {
      type: 'number',
      default: DEFAULT_LIMITS.maxImages,
      integer: true,
      minimum: 1,
      maximum: IMAGES_ALLOWED,
      description: 'most images of a request',
    },
    drainDelay: {
      type: 'number',
      value: 'seconds',
      default: 0,
      minimum: 0,
      maximum: 3600,
      description: 'how long to go on answering, not ready any more, after being told to stop',
    },
    drainTimeout: {
      type: 'number',
      value: 'seconds',
      default: 30,
      minimum: 0,
      maximum: 3600,
      description: 'how long to wait for requests in work before cutting them',
    },
    logLevel: { type: 'string', choices: LOG_LEVELS, default: 'info', description: 'what is logged to stderr, as JSON lines' },
  },
  async run(options, context) {
    const now = () => performance.now();
    const limits = { maxBodyBytes: bodyLimit(options.maxBody), maxPixels: options.maxPixels, maxImages: options.maxImages, queueLimit: options.queueLimit };
    const workers = options.workers ?? Math.max(1, availableParallelism() - 1);
    const engine = await Engine.open({
      modelsFolder: resolve(context.cwd, options.models),
      references: options.model,
      workers,
      device: options.device,
      batchRows: options.batch,
      imageThreads: workers > 1 ? 2 : 1,
      now,
    });
    try {
      const log = pino({ level: options.logLevel }, pino.destination({ dest: 2, sync: false }));
      const server = await startServer({ engine, limits, host: options.host, port: options.port, log, now });
      announce(engine, server, workers, context);
      await aborted(context.signal);
      const clean = await server.stop({ delayMs: options.drainDelay * 1000, drainMs: options.drainTimeout * 1000 });
      log.flush();
      if (!clean) context.stderr(`Requests that took longer than ${options.drainTimeout} s after the stop were cut.`);
      return clean ? EXIT.done : EXIT.notReliable;
    } finally {
      await engine.close();
    }
  },
});

function announce(engine: Engine, server: RunningServer, workers: number, context: CommandContext): void {
  for (const notice of new Set(engine.opened.flatMap((graph) => graph.notice ?? []))) context.stderr(notice);
  const devices = [...new Set(engine.opened.map((graph) => graph.device))];
  const models = engine.models.entries.map(({ model }) => model.id);
  context.stdout(`Serving ${models.join(', ')} on ${devices.join(', ')} with ${workers} worker${workers === 1 ? '' : 's'} at ${server.url}`);
  context.result({ url: server.url, port: server.port, pid: process.pid, models, devices, workers });
}

function bodyLimit(text: string): number {
  const bytes = parseBytes(text);
  if (bytes === null || bytes < 1)
    throw new RobencError('usage', `--max-body ${text} is not a size. Give a number of bytes, or one with kb, mb or gb.`, { field: 'maxBody' });
  return bytes;
}

/** Unlike a promise, a signal does not keep the process alive; the listening server does. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener('abort', () => done(), { once: true });
  });
}
