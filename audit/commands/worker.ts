/** @file `robenc audit worker`: does items of audits that are submitted to a queue. */
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { defineCommand } from '@robenc/shared/config/command.js';
import { EXIT } from '@robenc/shared/errors.js';
import { workAtQueue } from '../queue/worker.js';

export default defineCommand({
  name: 'audit worker',
  summary: 'do parts of audits that other machines submit to a queue',
  details:
    'Start as many as wanted, on as many machines; all need the same version of robenc. Models and images come through the queue. A worker may be killed at any time: ' +
    'another one does its items, and results do not change. Stop it with Ctrl-C.',
  examples: ['robenc audit worker --queue redis://queue-host:6379', 'robenc audit worker --queue redis://queue-host:6379/team-a --workers 8 --cache cache'],
  options: {
    queue: { type: 'string', value: 'address', required: true, description: 'redis://host:port, with a prefix of its keys: redis://host:port/prefix' },
    workers: { type: 'number', integer: true, minimum: 1, maximum: 256, description: 'items at once, each on a thread (all cores)' },
    device: { type: 'string', choices: ['auto', 'cpu', 'cuda', 'webgpu'], default: 'auto', description: 'where to compute' },
    leaseSeconds: {
      type: 'number',
      minimum: 1,
      maximum: 3600,
      default: 30,
      description: 'items of a worker that is silent for so long are given to another one',
    },
    cache: { type: 'string', value: 'dir', description: 'keep models in this folder, so that they are fetched once' },
  },
  async run({ queue, workers, device, leaseSeconds, cache }, { cwd, signal, stderr, stdout, result }) {
    const done = await workAtQueue({
      queue,
      workers: workers ?? availableParallelism(),
      device,
      leaseSeconds,
      cache: cache === undefined ? undefined : resolve(cwd, cache),
      signal,
      tell: stderr,
    });
    stdout(`${done} items done.`);
    result({ items: done });
    return EXIT.done;
  },
});
