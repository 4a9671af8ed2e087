/** @file `robenc runs`: which training runs there are, the report of one, and several side by side. */
import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { defineCommand, type CommandContext } from '@robenc/shared/config/command.js';
import { EXIT, RobencError } from '@robenc/shared/errors.js';
import { textTable } from '@robenc/shared/evaluation/text-table.js';
import { readBytes, writeFileAtomic } from '@robenc/shared/files.js';
import { findRuns, LEVELS, runsAt, tryRead } from '../report/find-runs.js';
import { runRows, runTable } from '../report/list.js';
import { readRun, type RunRecord } from '../report/run-record.js';

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
    `robenc runs list [folder] shows the runs in a folder and ${LEVELS} levels below it; robenc runs report <run> writes report.html into the folder of the run: loss and its parts, ` +
    'accuracy of nearest neighbours, learning rate, views, embeddings, settings and machine; robenc runs compare <run> <run>… does so for several, with the settings that differ. ' +
    'A folder that is no run stands for all runs below it: report then writes one report for each, and compare takes them all. Reports are single files without scripts. Runs under way can be looked at too.',
  examples: [
    'robenc runs list',
    'robenc runs report runs/quickstart',
    'robenc runs compare runs/a runs/b --out compare.html',
    'robenc runs compare runs/sweep',
  ],
  arguments: {
    action: { description: 'list, report or compare' },
    run: { description: 'folders of runs, or folders that hold some; for list the one that holds them (runs)', required: false, variadic: true },
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
  const rows = runRows(folder, findRuns(folder));
  if (rows.length === 0) context.stdout(`There are no runs in ${folder}, nor in its folders down to ${LEVELS} levels.`);
  else {
    context.stdout(`${rows.length === 1 ? 'One run' : `${rows.length} runs`} in ${folder}`);
    for (const line of runTable(rows)) context.stdout(line);
  }
  for (const { run, reason } of rows) if (reason !== null) context.stderr(`${run} cannot be read: ${reason}`);
  context.result({ folder, runs: rows });
  return EXIT.done;
}

async function report(folders: readonly string[], options: RunsOptions, context: CommandContext): Promise<number> {
  const [folder] = folders;
  if (folder === undefined || folders.length > 1)
    throw new RobencError(
      'usage',
      'robenc runs report takes one folder, of a run or of several: robenc runs report runs/quickstart. To set runs side by side use compare.',
      {
        field: 'run',
      },
    );
  const path = resolve(context.cwd, folder);
  const paths = runsAt(path);
  const single = paths[0] === path;
  if (!single && options.out !== undefined)
    throw new RobencError('usage', `--out names one file, and ${folder} holds ${paths.length} runs: leave it out, and each gets its own report.html.`, {
      field: 'out',
    });
  const records = single ? [readRun(path)] : readable(paths, context);
  const files = records.map((record) => target(options, join(record.folder, 'report.html'), context.cwd));
  const [{ runReport }, { pictureSections }] = await Promise.all([import('../report/report.js'), import('../report/pictures.js')]);
  for (const [i, record] of records.entries()) {
    writeFileAtomic(files[i]!, runReport(record, await pictureSections(record.folder, { ...options, signal: context.signal })));
    context.stdout(`Report: ${files[i]!}`);
  }
  context.result(single ? { run: path, report: files[0]! } : { runs: records.map((record, i) => ({ run: record.folder, report: files[i]! })) });
  return EXIT.done;
}

async function compare(folders: readonly string[], options: RunsOptions, context: CommandContext): Promise<number> {
  if (folders.length === 0) throw tooFew(0);
  const file = target(options, resolve(context.cwd, 'compare.html'), context.cwd);
  // A run that is named twice, or lies in a folder that is named too, is one run.
  const paths = [...new Set(folders.flatMap((folder) => runsAt(resolve(context.cwd, folder))))];
  const records = readable(paths, context);
  if (records.length < 2) throw tooFew(records.length);
  const [{ compareReport, namesOf, resultRows }, { pictureSections }, { differences }] = await Promise.all([
    import('../report/compare.js'),
    import('../report/pictures.js'),
    import('../report/facts.js'),
  ]);
  const runs = namesOf(records.map((record) => ({ ...record, folder: relative(context.cwd, record.folder) || '.' })));
  const differing = differences(records);
  for (const line of textTable(['', ...runs.map(({ name }) => name)], [...resultRows(runs), ...differing])) context.stdout(line);
  const pictures: string[][] = [];
  for (const { folder } of records) pictures.push(await pictureSections(folder, { ...options, signal: context.signal }));
  writeFileAtomic(file, compareReport(runs, pictures));
  context.stdout(`Report: ${file}`);
  context.result({ runs: records.map(({ folder }) => folder), report: file, differences: differing });
  return EXIT.done;
}

/** The runs at `paths` that can be read; of the others a line says why not. Throws `bad-file` where none can. */
function readable(paths: readonly string[], context: CommandContext): RunRecord[] {
  const readings = paths.map(tryRead);
  const broken = readings.flatMap((reading) => ('reason' in reading ? [reading] : []));
  const records = readings.flatMap((reading) => ('record' in reading ? [reading.record] : []));
  if (records.length === 0) throw new RobencError('bad-file', broken[0]!.reason, { field: broken[0]!.folder });
  for (const { folder, reason } of broken) context.stderr(`${folder} is left out: ${reason}`);
  return records;
}

function tooFew(count: number): RobencError {
  return new RobencError(
    'usage',
    `robenc runs compare needs two runs or more, and was given ${count}: name their folders, or one that holds them (robenc runs compare runs/a runs/b).`,
    { field: 'run' },
  );
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
