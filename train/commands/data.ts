/** @file robenc data: which data sets there are, what is in one, and writing one as an image folder. */
import { join, resolve } from 'node:path';
import { existsSync } from 'node:fs';
import { defineCommand, type CommandContext } from '@robenc/shared/config/command.js';
import { dataSpecOf } from '@robenc/shared/data/detect.js';
import { classCounts, imageAt, type ImageSet, type Split } from '@robenc/shared/data/image-set.js';
import { dataSources } from '@robenc/shared/data/index.js';
import { openImageSet } from '@robenc/shared/data/open.js';
import { writeImageFolder } from '@robenc/shared/data/write-folder.js';
import { EXIT, RobencError } from '@robenc/shared/errors.js';
import { claimOutputFolder, writeFileAtomic } from '@robenc/shared/files.js';
import { encodePng } from '@robenc/shared/images/decode.js';
import { contactSheet } from '@robenc/shared/images/sheet.js';

/** Images of a class on a contact sheet, and rows of a sheet without classes. */
const SHEET_COLUMNS = 16;
const SHEET_ROWS = 8;

interface DataOptions {
  readonly split: string;
  readonly limit: number | undefined;
  readonly perClass: boolean;
  readonly seed: number;
  readonly size: number | undefined;
  readonly fit: 'cover' | 'contain' | 'stretch';
  readonly skipUnreadable: boolean;
}

export default defineCommand({
  name: 'data',
  summary: 'list, show or write data sets',
  details:
    'robenc data list names the data sets; robenc data show <data> counts the images of one and draws a contact sheet; robenc data write <data> writes it as an image folder of PNG files ' +
    'with train/ and test/. <data> is a name from the list or a path; for a path the format is found out.',
  examples: [
    'robenc data list',
    'robenc data show shapes --sheet shapes.png',
    'robenc data show cifar-10-binary.tar.gz --split test',
    'robenc data write shapes --out shapes --limit 2000',
  ],
  arguments: {
    action: { description: 'list, show or write' },
    data: { description: 'a name from the list, or a folder or archive', required: false },
  },
  options: {
    split: { type: 'string', description: 'which images to show', choices: ['train', 'test'], default: 'train' },
    limit: { type: 'number', description: 'take only that many images of a split, alike from every class', integer: true, minimum: 1 },
    perClass: { type: 'boolean', description: 'the limit is for each class' },
    seed: { type: 'number', description: 'decides which images a limit takes, and what the built-in set looks like', integer: true, minimum: 0, default: 0 },
    size: {
      type: 'number',
      description: 'bring images to this height and width; without it they must all have one size',
      integer: true,
      minimum: 1,
      value: 'pixels',
    },
    fit: { type: 'string', description: 'how they are brought to it', choices: ['cover', 'contain', 'stretch'], default: 'cover' },
    sheet: { type: 'string', description: 'show: draw images into this PNG file, a row for each class', value: 'file' },
    out: { type: 'string', description: 'write: the folder', value: 'dir' },
    force: { type: 'boolean', description: 'write into a folder that is not empty, and over a sheet that exists' },
    skipUnreadable: { type: 'boolean', description: 'leave out images that cannot be read' },
  },
  async run(options, context) {
    switch (options.action) {
      case 'list':
        return list(context);
      case 'show':
        return show(dataOf(options.data), options, context);
      case 'write':
        return write(dataOf(options.data), options, context);
      default:
        throw new RobencError('usage', `robenc data does not know "${options.action}". It can: list, show, write.`, { field: 'action' });
    }
  },
});

function dataOf(data: string | undefined): string {
  if (data === undefined) throw new RobencError('usage', 'Name the data: a name that `robenc data list` shows, or a folder or archive.', { field: 'data' });
  return data;
}

function list(context: CommandContext): number {
  const width = Math.max(...dataSources.names.map((name) => name.length));
  for (const { name, summary } of dataSources.entries) context.stdout(`${name.padEnd(width)}  ${summary}`);
  context.result({ dataSets: dataSources.entries.map(({ name, summary, needsPath }) => ({ name, summary, needsPath })) });
  return EXIT.done;
}

/** The set that the user names; a name of the table is tried before a path. */
async function open(data: string, split: Split, options: DataOptions, context: CommandContext): Promise<ImageSet> {
  const { limit, perClass, seed, size, fit, skipUnreadable } = options;
  const spec = await dataSpecOf(data, context.cwd);
  return openImageSet({
    ...spec,
    split,
    limit,
    perClass,
    seed,
    skipUnreadable,
    size: size === undefined ? undefined : { height: size, width: size, fit },
    warn: (message) => context.stderr(message),
  });
}

async function show(data: string, options: DataOptions & { sheet: string | undefined; force: boolean }, context: CommandContext): Promise<number> {
  const sheet = options.sheet === undefined ? undefined : resolve(context.cwd, options.sheet);
  if (sheet !== undefined && existsSync(sheet) && !options.force)
    throw new RobencError('usage', `${sheet} exists. Choose another --sheet, or pass --force to overwrite.`, { field: 'sheet' });
  const set = await open(data, options.split === 'test' ? 'test' : 'train', options, context);
  const counts = classCounts(set);
  context.stdout(
    `${set.name}, ${options.split}: ${set.count} images of ${set.height}x${set.width}, ${set.labels === null ? 'no labels' : `${set.classes.length} classes`}`,
  );
  set.classes.forEach((name, label) => context.stdout(`${String(label).padStart(4)}  ${name}  ${counts[label]!}`));
  if (sheet !== undefined) {
    writeFileAtomic(sheet, await encodePng(contactSheet(sheetRows(set).map((row) => row.map((index) => imageAt(set, index))))));
    context.stdout(`Contact sheet: ${sheet}`);
  }
  context.result({
    name: set.name,
    split: options.split,
    count: set.count,
    height: set.height,
    width: set.width,
    classes: set.labels === null ? null : set.classes.map((name, label) => ({ name, count: counts[label]! })),
    ...(sheet === undefined ? {} : { sheet }),
  });
  return EXIT.done;
}

/** The first images of each class that has some; without labels the first of all. */
function sheetRows({ labels, classes, count }: ImageSet): number[][] {
  const all = Array.from({ length: count }, (_, i) => i);
  if (labels === null)
    return Array.from({ length: SHEET_ROWS }, (_, row) => all.slice(row * SHEET_COLUMNS, (row + 1) * SHEET_COLUMNS)).filter((row) => row.length > 0);
  return classes.map((_, label) => all.filter((i) => labels[i] === label).slice(0, SHEET_COLUMNS)).filter((row) => row.length > 0);
}

async function write(data: string, options: DataOptions & { out: string | undefined; force: boolean }, context: CommandContext): Promise<number> {
  if (options.out === undefined) throw new RobencError('usage', 'Name the folder to write with --out.', { field: 'out' });
  const out = resolve(context.cwd, options.out);
  const sets = { train: await open(data, 'train', options, context), test: await open(data, 'test', options, context) };
  claimOutputFolder(out, { force: options.force });
  for (const [split, set] of Object.entries(sets))
    await writeImageFolder(set, join(out, split), {
      signal: context.signal,
      progress: (done) => context.progress({ label: `write ${split}`, done, total: set.count }),
    });
  const { train, test } = sets;
  context.stdout(`${train.count} training and ${test.count} test images of ${train.height}x${train.width}: ${out}`);
  context.result({ out, train: train.count, test: test.count, height: train.height, width: train.width, classes: train.classes });
  return EXIT.done;
}
