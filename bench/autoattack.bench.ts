/** @file Do the attacks reach the verdicts of AutoAttack's own program, and of foolbox and torchattacks, on the same weights and images? */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { readCsv } from '../audit/report/csv.js';
import { RobencError } from '@robenc/shared/errors.js';
import { writeFileAtomic } from '@robenc/shared/files.js';
import { markdownTable, type Bench, type BenchContext } from './bench.js';
import { linesOf, pythonOf } from './peers/python.js';

/** AutoAttack's stages in its order, under their names there and here. */
const STAGES = [
  ['apgd-ce', 'apgd'],
  ['apgd-t', 'apgd-t'],
  ['fab-t', 'fab-t'],
  ['square', 'square'],
] as const;

/** Share of the images that may disagree besides those of two seeds. */
const SPARE = 0.005;

/** What broke each image, by its name; null: nothing did; `clean`: it was wrong before. */
type Verdicts = Readonly<Record<string, string | null>>;

interface Case {
  readonly title: string;
  readonly model: string;
  /** In steps of 1/255. */
  readonly levels: number;
}

const bench: Bench = {
  name: 'autoattack',
  question: "Are the verdicts those of AutoAttack's own program, foolbox and torchattacks, on the same weights and images?",
  async run(context) {
    const { models = '', data, levels = '4+8', limit = '500', runs } = context.options;
    const peer = pythonOf('torch');
    if ('absent' in peer) throw new RobencError('usage', `This benchmark needs its peers: ${peer.absent}.`);
    if (models === '' || data === undefined)
      throw new RobencError(
        'usage',
        'Give --models=NAME:FILE.onnx,… (FILE.onnx@4+8 for radii of its own) and --data=DIR, a folder with test/ of class folders of PNG images (robenc data write).',
      );
    const cases = models.split(',').flatMap((entry): Case[] => {
      const [named, own = levels] = entry.split('@') as [string, string?];
      const [title, model] = named.includes(':') ? (named.split(':', 2) as [string, string]) : [basename(named), named];
      return own.split('+').map((each) => ({ title, model: resolve(model), levels: Number(each) }));
    });
    const program: Runner = { python: peer.python, data: resolve(data), limit, folder: resolve(runs ?? context.scratch), context };
    mkdirSync(program.folder, { recursive: true });
    const [stages, pgd] = [[] as Row[], [] as Row[]];
    for (const one of cases) {
      stages.push(...(await compareStages(one, program)));
      pgd.push(await comparePgd(one, program));
    }
    return `${limit} images, Linf. AutoAttack is PyPI's pyautoattack 0.2.0, whose constants are those of the published program; every radius is attacked from the clean images.
"stand" counts the images that nothing has broken up to that stage. Two programs disagree on an image when it stands with one and not with the other. A second seed is run where more than 0.5 % of the images disagree with the first.

${markdownTable(['model', 'epsilon', 'after', 'stand: robenc', 'AutoAttack, seed 0', 'seed 1', 'robenc and seed 0 disagree', 'the two seeds disagree', 'at most seeds + 0.5 %'], stages)}

PGD-20, step size epsilon / 4, one random start. Of robenc every iterate counts, of the other two only the last one.

${markdownTable(['model', 'epsilon', 'stand: robenc', 'foolbox', 'torchattacks', 'robenc and foolbox disagree', 'foolbox and torchattacks disagree'], pgd)}`;
  },
};
export default bench;

type Row = (string | number)[];

interface Runner {
  readonly python: string;
  readonly data: string;
  readonly limit: string;
  /** Results of single programs lie here, and are not computed again. */
  readonly folder: string;
  readonly context: BenchContext;
}

async function compareStages(one: Case, runner: Runner): Promise<Row[]> {
  const ours = await robenc(one, runner, ['--preset', 'standard'], 'autoattack');
  const first = await library('autoattack', one, 0, runner);
  const spare = SPARE * Object.keys(ours).length;
  const stands = STAGES.map((_, i) => [standing(ours, until(i, 1)), standing(first, until(i, 0))] as const);
  // Below what is allowed anyway, how far two seeds are apart does not matter.
  const second = stands.some(([a, b]) => distance(a, b) > spare) ? await library('autoattack', one, 1, runner) : null;
  return STAGES.map(([theirs, own], i) => {
    const [a, b] = stands[i]!;
    const c = second && standing(second, until(i, 0));
    const [ourDistance, seedDistance] = [distance(a, b), c && distance(b, c)];
    const holds = ourDistance <= spare + (seedDistance ?? 0);
    const name = own === theirs ? own : `${own} (${theirs})`;
    return [one.title, `${one.levels}/255`, name, a.size, b.size, c?.size ?? '-', ourDistance, seedDistance ?? '-', holds ? 'yes' : 'NO'];
  });
}

/** What an image may be broken by up to a stage; `program` 0 names stages as AutoAttack does, 1 as robenc does. */
function until(stage: number, program: 0 | 1): ReadonlySet<string> {
  return new Set(['clean', ...STAGES.slice(0, stage + 1).map((names) => names[program])]);
}

async function comparePgd(one: Case, runner: Runner): Promise<Row> {
  const ours = await robenc(one, runner, ['--attack', 'pgd', '--steps', '20', '--step-size', `${one.levels / 4}/255`], 'pgd');
  const [foolbox, torchattacks] = [await library('foolbox', one, 0, runner), await library('torchattacks', one, 0, runner)];
  const all = new Set(['clean', 'pgd']);
  const [a, b, c] = [standing(ours, all), standing(foolbox, all), standing(torchattacks, all)];
  return [one.title, `${one.levels}/255`, a.size, b.size, c.size, distance(a, b), distance(b, c)];
}

function standing(brokenBy: Verdicts, by: ReadonlySet<string>): ReadonlySet<string> {
  return new Set(Object.keys(brokenBy).filter((name) => brokenBy[name] === null || !by.has(brokenBy[name]!)));
}

function distance(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  return [...a].filter((name) => !b.has(name)).length + [...b].filter((name) => !a.has(name)).length;
}

/** An audit by the command line; its folder is kept, and an audit that was ended goes on. */
async function robenc({ title, model, levels }: Case, { data, limit, folder, context }: Runner, flags: readonly string[], what: string): Promise<Verdicts> {
  const out = join(folder, `ours-${what}-${title}-${levels}-seed0`);
  const path = join(out, 'audit.json');
  if (!existsSync(path)) {
    context.note(`robenc ${what} on ${title} at ${levels}/255`);
    const resume = existsSync(out) ? ['--resume'] : [];
    const given = ['audit', model, '--data', data, '--split', 'test', '--limit', limit, '--eps', `${levels}/255`, '--seed', '0', '--workers', '2'];
    await finished(process.execPath, [join(import.meta.dirname, '../cli/robenc.mjs'), ...given, ...flags, '--out', out, ...resume]);
  }
  const rows = readCsv(readFileSync(join(out, 'samples.csv'), 'utf8'));
  const brokenBy = rows.map((row): [string, string | null] => [row['image']!, row['robust'] === '1' ? null : row['attack'] === '' ? 'clean' : row['attack']!]);
  return Object.fromEntries(brokenBy);
}

async function library(name: string, { title, model, levels }: Case, seed: number, { python, data, limit, folder, context }: Runner): Promise<Verdicts> {
  const path = join(folder, `peer-${name}-${title}-${levels}-seed${seed}.json`);
  if (!existsSync(path)) {
    context.note(`${name} on ${title} at ${levels}/255, seed ${seed}`);
    for await (const line of linesOf(python, 'attack_peer.py', [name, model, join(data, 'test'), String(levels / 255), String(seed), '2', limit]))
      writeFileAtomic(path, JSON.stringify(line));
  }
  return (JSON.parse(readFileSync(path, 'utf8')) as { brokenBy: Verdicts }).brokenBy;
}

/** Exit code 1 is a threshold's, 4 a flag's: both audits are whole. */
async function finished(command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const code = await new Promise<number | null>((done, fail) => child.on('close', done).on('error', fail));
  if (code !== 0 && code !== 4) throw new Error(`robenc ${args.slice(1).join(' ')} ended with ${code}.`);
}
