/** @file Reports of runs: complete in one file, true to the metrics, and useful for runs that are not over. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import runs from '@robenc/train/commands/runs.js';
import { loadRunConfig } from '@robenc/shared/config/run.js';
import { compareReport, namesOf } from '../../../train/report/compare.js';
import { differences } from '../../../train/report/facts.js';
import { pictureSections } from '../../../train/report/pictures.js';
import { runReport } from '../../../train/report/report.js';
import { findRuns, LEVELS } from '../../../train/report/find-runs.js';
import { readRun } from '../../../train/report/run-record.js';
import { writeRunFile } from '../../../train/run/folder.js';
import { train } from '../../../train/run/run.js';
import { memoryContext } from '../../context.js';

const RUN = {
  name: 'tiny',
  seed: 4,
  data: { name: 'shapes', limit: 32, size: 16 },
  batchSize: 8,
  epochs: 1,
  views: { count: 2 },
  encoder: { name: 'resnet-small', widths: [4, 8], embedding: 16, projection: 8 },
  engine: { threads: 1, device: 'cpu' },
  validation: { images: 24, bank: 30, steps: 1 },
};
const signal = new AbortController().signal;

describe('reports of training runs', function () {
  this.timeout(120_000);
  let folder: string;
  let first: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'robenc-report-'));
    first = join(folder, 'first');
    await train(loadRunConfig({ ...RUN, out: first }), { signal, clock: () => performance.now() / 1000, note: () => undefined, report: () => undefined });
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('are one file without scripts and without anything from the network, with every part that the metrics tell of', async () => {
    const html = runReport(readRun(first), await pictureSections(first, { images: 3, points: 20, signal }));
    assert.doesNotMatch(html, /<script|https?:|src="(?!data:)|url\(|@import|NaN|undefined|\[object/);
    for (const part of ['Loss and its parts', 'invariance', 'codingRate', 'learning rate', 'Accuracy of nearest neighbours', 'Views', 'Embeddings', 'Machine'])
      assert.ok(html.includes(part), part);
    assert.equal([...html.matchAll(/src="data:image\/png;base64,/g)].length, 2, 'the views, and the perturbation that the free adversary carries');
    const { validation } = readRun(first).records.at(-1)!;
    assert.ok(html.includes(`${(100 * validation!.clean).toFixed(1)} %`));
    assert.match(html, /encoder\.widths<\/th><td class="text">\[4,8\]/);
    assert.match(html, /prefers-color-scheme:dark.*@media print/s);
  });

  it('say why there are no pictures where the data is gone, and are written all the same', async () => {
    const file = join(first, 'run.json');
    const before = readFileSync(file, 'utf8');
    try {
      writeFileSync(file, before.replace('"name": "shapes"', '"path": "/gone/<b>"'));
      const sections = await pictureSections(first, { images: 3, points: 20, signal });
      assert.equal(sections.length, 1);
      assert.match(sections[0]!, /There are none: .*\/gone\/&lt;b&gt;/);
      assert.match(runReport(readRun(first), sections), /Learning rate/);
    } finally {
      writeFileSync(file, before);
    }
  });

  it('of a run without a checkpoint, and of one that went on after its summary, tell what there is', () => {
    const begun = join(folder, 'begun');
    const other = join(folder, 'other');
    for (const [path, lines] of [
      [begun, ''],
      [other, readFileSync(join(first, 'metrics.jsonl'), 'utf8')],
    ] as const) {
      const run = loadRunConfig({ ...RUN, name: 'other', batchSize: 4, validation: undefined, out: path });
      mkdirSync(path);
      writeRunFile(path, run);
      writeFileSync(join(path, 'metrics.jsonl'), lines);
    }
    assert.equal(readRun(begun).state, 'unfinished');
    assert.match(runReport(readRun(begun), []), /under way/);
    writeFileSync(join(other, 'summary.json'), readFileSync(join(first, 'summary.json')));
    assert.equal(readRun(other).state, 'done');
    const last = readRun(other).records.at(-1)!;
    appendFileSync(join(other, 'metrics.jsonl'), `${JSON.stringify({ ...last, step: last.step + 1 })}\n{"step":`);
    assert.equal(readRun(other).state, 'unfinished');
    assert.equal(readRun(other).steps, last.step + 1);
    assert.deepEqual(
      findRuns(folder).map((path) => path.split('/').at(-1)),
      ['begun', 'first', 'other'],
    );
  });

  it('of several runs show the settings that differ and no others', () => {
    const records = [readRun(first), readRun(join(folder, 'other'))];
    const differing = differences(records).map(([path, ...values]) => [path, ...values]);
    assert.deepEqual(
      differing.filter(([path]) => !path!.startsWith('machine')),
      [
        ['batchSize', '8', '4'],
        ...Object.entries(records[0]!.run.validation!).map(([key, value]) => [
          `validation.${key}`,
          typeof value === 'string' ? value : JSON.stringify(value),
          '-',
        ]),
      ],
    );
    const html = compareReport(namesOf(records), [[], []]);
    assert.match(html, /Training runs tiny, other/);
    assert.equal([...html.matchAll(/<polyline class="curve s1"/g)].length >= 5, true, 'a curve of the second run in every chart');
    assert.equal(
      namesOf([records[0]!, records[0]!])
        .map(({ name }) => name)
        .every((name) => name === first),
      true,
      'runs of one name are told by their folders',
    );
  });

  it('show what a run leaves to the machine as what another does not say', () => {
    const record = readRun(first);
    const environment = { ...record.environment, threads: null };
    assert.deepEqual(
      differences([record, { ...record, environment }]).find(([path]) => path === 'machine: threads'),
      ['machine: threads', '1', '-'],
    );
  });

  it('list, compare and report find runs below a folder, down to a few levels, and one that is broken hides no other', async () => {
    const deep = mkdtempSync(join(folder, '.hidden-'));
    const sweep = join(deep, 'sweep');
    const metrics = readFileSync(join(first, 'metrics.jsonl'), 'utf8');
    const levels = Array.from({ length: LEVELS - 1 }, (_, i) => `level-${i}`);
    for (const path of [
      ['sweep', 'a'],
      ['sweep', 'b'],
      ['sweep', 'broken'],
      [...levels, 'reached'],
      [...levels, 'too', 'deep'],
      ['.cache', 'c'],
      ['node_modules', 'd'],
    ]) {
      const out = join(deep, ...path);
      mkdirSync(out, { recursive: true });
      writeRunFile(out, loadRunConfig({ ...RUN, name: path.at(-1)!, out }));
      writeFileSync(join(out, 'metrics.jsonl'), metrics);
    }
    writeFileSync(join(sweep, 'broken', 'run.json'), '{');
    const reached = [...levels, 'reached'].join('/');
    assert.deepEqual(
      findRuns(deep),
      [reached, 'sweep/a', 'sweep/b', 'sweep/broken'].map((path) => join(deep, path)),
    );
    assert.deepEqual(findRuns(join(sweep, 'a')), [join(sweep, 'a')], 'a run is found in itself');

    const call = async (action: string, run: readonly string[], out?: string) => {
      const context = memoryContext({ cwd: deep });
      assert.equal(await runs.run({ action, run, out, force: false, images: 0, points: 20 }, context), 0);
      return context;
    };
    const list = await call('list', ['.']);
    assert.match(
      list.lines.join('\n'),
      new RegExp(`4 runs in .*\n.*\n.*\n${reached} +unfinished .*\nsweep/a +unfinished .*\nsweep/b +.*\nsweep/broken +unreadable +- `),
    );
    assert.match(list.notes.join('\n'), /sweep\/broken cannot be read: .*not JSON/);
    assert.match((await call('list', [levels[0]!])).lines.join('\n'), /2 runs in .*too\/deep/s, 'levels count from the folder that is named');
    assert.match((await call('list', ['sweep/a'])).lines.join('\n'), /One run in .*\n\. +unfinished/s);

    const compared = await call('compare', ['sweep', 'sweep/a']);
    assert.deepEqual((compared.results[0] as { runs: string[] }).runs, [join(sweep, 'a'), join(sweep, 'b')]);
    assert.match(compared.notes.join('\n'), /broken is left out/);
    await call('report', ['sweep']);
    for (const name of ['a', 'b']) assert.match(readFileSync(join(sweep, name, 'report.html'), 'utf8'), new RegExp(`<title>Training run ${name}`));
    await assert.rejects(call('report', ['sweep'], 'one.html'), { code: 'usage', message: /holds 3 runs: leave it out/ });
    await assert.rejects(call('compare', ['.cache']), { code: 'usage', message: /was given 1/ });
    await assert.rejects(call('report', ['sweep/broken']), { code: 'bad-file', message: /not JSON/ });
    mkdirSync(join(deep, 'empty'));
    assert.match((await call('list', ['empty'])).lines[0]!, /There are no runs/);
    await assert.rejects(call('compare', ['empty']), { code: 'not-found', message: /nor has a folder below it/ });
  });

  it('are written by robenc runs, which refuses to write over anything but a report', async () => {
    const call = (action: string, run: readonly string[], out?: string) => {
      const context = memoryContext({ cwd: folder });
      const options = { action, run, out, force: false, images: 0, points: 20 };
      return Promise.resolve(runs.run(options as never, context)).then((code) => ({ code, context }));
    };
    for (const _ of [1, 2]) assert.equal((await call('report', ['first'])).code, 0);
    assert.match(readFileSync(join(first, 'report.html'), 'utf8'), /<title>Training run tiny/);
    assert.equal((await call('compare', ['first', 'other'], 'both.html')).code, 0);
    await assert.rejects(call('report', ['first'], 'first/run.json'), { code: 'usage', message: /run\.json is there already.*--force/ });
    await assert.rejects(call('report', []), { code: 'usage' });
    await assert.rejects(call('compare', ['first']), { code: 'usage', message: /two runs or more, and was given 1/ });
    await assert.rejects(call('report', ['nothing']), { code: 'not-found', message: /no run\.json/ });
    await assert.rejects(call('draw', []), { code: 'usage', message: /list, report, compare/ });
  });
});
