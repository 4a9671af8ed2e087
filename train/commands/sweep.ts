/** @file `robenc train sweep`: many runs, one after another, resumable. */
import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import { defineCommand } from '@robenc/shared/config/command.js';
import { EXIT } from '@robenc/shared/errors.js';
import { percent } from '@robenc/shared/evaluation/intervals.js';
import { textTable } from '@robenc/shared/evaluation/text-table.js';

export default defineCommand({
  name: 'train sweep',
  summary: 'train many runs from a sweep file or a list of run files',
  details:
    'A sweep file has a base, changes and a grid of values; each combination is a run in a folder of its own. The same command goes on where it was ended: what is done is not ' +
    'done again, a run that was interrupted goes on from its checkpoint, and one that failed is tried again. A run that fails does not stop the others.',
  examples: [
    'robenc train sweep sweep.json',
    'robenc train sweep configs/cpu/cifar10/*.json --out runs/table --set data.path=cifar-10-binary.tar.gz',
    'robenc train sweep sweep.json --parallel 2 --dry-run',
  ],
  arguments: { sweep: { description: 'a sweep file, or run files', variadic: true } },
  options: {
    out: { type: 'string', short: 'o', value: 'dir', description: 'folder of the runs (runs/<name of the sweep>)' },
    parallel: { type: 'number', integer: true, minimum: 1, maximum: 64, description: 'runs at once (as the sweep file says, or 1)' },
    set: { type: 'list', value: 'path=value', commas: false, description: 'change a field of the run file of all runs' },
    dryRun: { type: 'boolean', description: 'only list the runs' },
  },
  async run(options, context) {
    const [{ planSweep }, { runSweep }, { parseSettings }] = await Promise.all([
      import('../sweep/plan.js'),
      import('../sweep/sweep.js'),
      import('@robenc/shared/config/override.js'),
    ]);
    const { sweep: sources, out, parallel } = options;
    const plan = planSweep(sources, { cwd: context.cwd, out, parallel, set: parseSettings(options.set) });
    const shown = (changes: Readonly<Record<string, unknown>>) =>
      Object.entries(changes)
        .map(([path, value]) => `${path}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
        .join(' ');
    if (options.dryRun) {
      for (const line of textTable(
        ['run', 'changes'],
        plan.runs.map(({ id, changes }) => [id, shown(changes)]),
      ))
        context.stdout(line);
      context.result({
        folder: plan.folder,
        complete: false,
        runs: plan.runs.map(({ id, run, changes }) => ({ id, folder: run.out, changes, state: 'not done' })),
      });
      return EXIT.done;
    }
    const cores = availableParallelism();
    if (plan.parallel > 1 && plan.runs.some(({ run }) => run.engine.threads === undefined))
      context.stderr(
        `${plan.parallel} runs at once share ${cores} cores, and runs without engine.threads each use all of them. Set it, e.g. --set engine.threads=${Math.max(1, Math.floor(cores / plan.parallel))}.`,
      );
    const total = plan.runs.length;
    const result = await runSweep(plan, {
      signal: context.signal,
      note: (line) => context.stderr(line),
      report: (id, { step, steps, loss }, done) => context.progress({ label: 'sweep', done, total, note: `${id} ${step}/${steps} · loss ${loss.toFixed(2)}` }),
    });
    const rows = result.runs.map(({ id, state, batches, minutes, loss, clean, robust, reason }) => [
      id,
      state,
      batches?.toString() ?? '-',
      minutes?.toFixed(1) ?? '-',
      loss?.toPrecision(4) ?? '-',
      clean === null ? '-' : percent(clean),
      robust === null ? '-' : percent(robust),
      reason?.split('\n')[0] ?? '',
    ]);
    for (const line of textTable(['run', 'state', 'batches', 'minutes', 'loss', 'clean', 'robust', 'reason'], rows)) context.stdout(line);
    const folder = relative(context.cwd, result.folder) || '.';
    context.stdout(
      result.complete
        ? `All ${total} runs are done: ${folder}`
        : `${result.runs.filter(({ state }) => state === 'done').length} of ${total} runs are done: ${folder}. The same command goes on with the rest.`,
    );
    context.result(result);
    return result.complete ? EXIT.done : EXIT.couldNotRun;
  },
});
