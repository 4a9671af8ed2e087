/** @file `robenc runs`: which training runs there are, the report of one, and several side by side. */
import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { defineCommand, type CommandContext } from '@robenc/shared/config/command.js';
import { EXIT, RobencError } from '@robenc/shared/errors.js';
import { percent } from '@robenc/shared/evaluation/intervals.js';
import { textTable } from '@robenc/shared/evaluation/text-table.js';
import { readBytes, writeFileAtomic } from '@robenc/shared/files.js';
import { lastValidation, listRuns, readRun, recentLoss, type RunRecord } from '../report/run-record.js';

interface RunsOptions {
  readonly out: string | undefined;
  readonly force: boolean;
  readonly images: number;
  readonly points: number;
}

export default defineCommand({
  name: 'runs',
  summary: 'list training runs, write the report of one, or set several side by side',
  details:
    'robenc runs list [folder] shows the runs in a folder; robenc runs report <run> writes report.html into the folder of the run: loss and its parts, accuracy of ' +
    'nearest neighbours, learning rate, views, embeddings, settings and machine; robenc runs compare <run> <run>… does so for several, with the settings that differ. ' +
    'Reports are single files without scripts. Runs under way can be looked at too.',
  examples: ['robenc runs list', 'robenc runs report runs/quickstart', 'robenc runs compare runs/a runs/b --out compare.html'],
  arguments: {
    action: { description: 'list, report or compare' },
    run: { description: 'folders of runs; for list the folder that holds them (runs)', required: false, variadic: true },
  },
  options: {
    out: { type: 'string', short: 'o', value: 'file', description: 'the HTML file (report.html in the run; compare.html)' },
    force: { type: 'boolean', description: 'write over a file that is no report of runs' },
    images: { type: 'number', integer: true, minimum: 0, maximum: 64, default: 6, description: 'images whose views are shown; 0 leaves all pictures out' },
    points: { type: 'number', integer: true, minimum: 2, maximum: 5000, default: 500, description: 'images whose embeddings are shown' },
  },
  async run(options, context) {
    const runs = options.run ?? [];
    switch (options.action) {
      case 'list':
        return list(runs, context);
      case 'report':
        return report(runs, options, context);
      case 'compare':
        return compare(runs, options, context);
      default:
        throw new RobencError('usage', `robenc runs does not know "${options.action}". It can: list, report, compare.`, { field: 'action' });
    }
  },
});

function list(folders: readonly string[], context: CommandContext): number {
  if (folders.length > 1) throw new RobencError('usage', 'robenc runs list takes one folder.', { field: 'run' });
  const folder = resolve(context.cwd, folders[0] ?? 'runs');
  const rows = listRuns(folder).map((path) => rowOf(readRun(path), relative(context.cwd, path) || '.'));
  if (rows.length === 0) context.stdout(`There are no runs in ${folder}.`);
  else {
    const cells = rows.map(({ run, state, steps, planned, minutes, loss, clean, robust }) => [
      run,
      state,
      planned === null ? String(steps) : `${steps}/${planned}`,
      minutes.toFixed(1),
      loss?.toPrecision(4) ?? '-',
      clean === null ? '-' : percent(clean),
      robust === null ? '-' : percent(robust),
    ]);
    for (const line of textTable(['run', 'state', 'batches', 'minutes', 'loss', 'clean', 'robust'], cells)) context.stdout(line);
  }
  context.result({ folder, runs: rows });
  return EXIT.done;
}

function rowOf(record: RunRecord, run: string) {
  const validation = lastValidation(record);
  const { state, steps, minutes, summary } = record;
  return {
    run,
    state,
    steps,
    planned: summary?.stepsPlanned ?? null,
    minutes,
    loss: recentLoss(record),
    clean: validation?.clean ?? null,
    robust: validation?.robust ?? null,
  };
}

async function report(folders: readonly string[], options: RunsOptions, context: CommandContext): Promise<number> {
  const [folder] = folders;
  if (folder === undefined || folders.length > 1)
    throw new RobencError('usage', 'robenc runs report takes the folder of one run: robenc runs report runs/quickstart. For several use compare.', {
      field: 'run',
    });
  const path = resolve(context.cwd, folder);
  const file = target(options, join(path, 'report.html'), context.cwd);
  const record = readRun(path);
  const [{ runReport }, { pictureSections }] = await Promise.all([import('../report/report.js'), import('../report/pictures.js')]);
  writeFileAtomic(file, runReport(record, await pictureSections(path, { ...options, signal: context.signal })));
  context.stdout(`Report: ${file}`);
  context.result({ run: path, report: file });
  return EXIT.done;
}

async function compare(folders: readonly string[], options: RunsOptions, context: CommandContext): Promise<number> {
  if (folders.length < 2)
    throw new RobencError('usage', 'robenc runs compare takes the folders of two runs or more: robenc runs compare runs/a runs/b.', { field: 'run' });
  const file = target(options, resolve(context.cwd, 'compare.html'), context.cwd);
  const paths = folders.map((folder) => resolve(context.cwd, folder));
  const records = paths.map(readRun);
  const [{ compareReport, namesOf, resultRows }, { pictureSections }, { differences }] = await Promise.all([
    import('../report/compare.js'),
    import('../report/pictures.js'),
    import('../report/facts.js'),
  ]);
  const runs = namesOf(records.map((record, i) => ({ ...record, folder: folders[i]! })));
  const differing = differences(records);
  for (const line of textTable(['', ...runs.map(({ name }) => name)], [...resultRows(runs), ...differing])) context.stdout(line);
  const pictures: string[][] = [];
  for (const path of paths) pictures.push(await pictureSections(path, { ...options, signal: context.signal }));
  writeFileAtomic(file, compareReport(runs, pictures));
  context.stdout(`Report: ${file}`);
  context.result({ runs: paths, report: file, differences: differing });
  return EXIT.done;
}

/** Where the report goes. An earlier report is written anew; another file is not written over unasked. */
function target({ out, force }: RunsOptions, usual: string, cwd: string): string {
  const file = out === undefined ? usual : resolve(cwd, out);
  if (existsSync(file) && !force && !readBytes(file, 'out').subarray(0, 500).includes('<title>Training run'))
    throw new RobencError('usage', `${file} is there already and is no report of runs. Choose another --out, or pass --force to write over it.`, {
      field: 'out',
    });
  return file;
}
