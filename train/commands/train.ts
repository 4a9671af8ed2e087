/** @file robenc train. */
import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { defineCommand } from '@robenc/shared/config/command.js';
import { blameFlags } from '@robenc/shared/config/run.js';
import { giverAmong, runFlags, runOverrides } from '@robenc/shared/config/run-flags.js';
import { loadPlannedRun } from '../run/plan.js';
import { exitCodeFor, train } from '../run/run.js';

export default defineCommand({
  name: 'train',
  summary: 'train a self-supervised encoder as a run file says',
  details: 'Everything that decides the run stands in one JSON file; flags override it. Ctrl-C saves a checkpoint and stops; --resume goes on.',
  examples: [
    'robenc train configs/quickstart.json',
    'robenc train configs/cifar10-cf-amc-ssl-cpu.json --data cifar-10-binary.tar.gz --out runs/cifar10',
    'robenc train runs/cifar10/run.json --resume',
  ],
  arguments: { run: { description: 'run file; without one, every field has its default', required: false } },
  options: {
    ...runFlags,
    resume: { type: 'boolean', description: 'go on from the newest checkpoint of the run folder' },
    force: { type: 'boolean', description: 'start anew in a folder that is not empty' },
    ignoreMemory: { type: 'boolean', description: 'start although the run seems not to fit in memory' },
  },
  async run(options, context) {
    const overrides = runOverrides(options);
    const giverOf = giverAmong(options);
    const config = loadPlannedRun(options.run === undefined ? {} : resolve(context.cwd, options.run), overrides, giverOf);
    const run = { ...config, out: 'out' in overrides ? resolve(context.cwd, config.out) : outputFolder(options, config.out, context.cwd) };
    if (run.out !== resolve(context.cwd, config.out)) context.stderr(`Going on in ${run.out}, where the run file lies; it names ${config.out}.`);
    const summary = await train(run, {
      resume: options.resume,
      force: options.force,
      ignoreMemory: options.ignoreMemory,
      signal: context.signal,
      clock: () => performance.now() / 1000,
      note: (line) => context.stderr(line),
      report: ({ step, loss, parts, viewsPerSecond }, total) => {
        const terms = Object.entries(parts).map(([name, value]) => `${name} ${value.toFixed(3)}`);
        context.progress({ label: 'train', done: step, total, note: `${Math.round(viewsPerSecond)} crops/s · loss ${loss.toFixed(2)} · ${terms.join(' · ')}` });
      },
    }).catch((error: unknown) => {
      throw blameFlags(error, overrides, giverOf);
    });
    context.stdout(
      `${summary.ending === 'stopped' ? 'Stopped' : 'Trained'} after ${summary.steps} of ${summary.stepsPlanned} batches in ${summary.minutes.toFixed(1)} minutes: ${run.out}`,
    );
    context.result(summary);
    return exitCodeFor(summary.ending);
  },
});

/** A run that is gone on from its own run.json stays in the folder of that file, which may have been moved or copied since. */
function outputFolder({ run, resume }: { run?: string | undefined; resume: boolean }, named: string, cwd: string): string {
  if (run === undefined || !resume || basename(run) !== 'run.json') return resolve(cwd, named);
  const folder = dirname(resolve(cwd, run));
  return existsSync(join(folder, 'environment.json')) ? folder : resolve(cwd, named);
}
