/** @file Sweeps: which runs they are made of, and that each run stands alone: done once, set aside where it fails. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planSweep } from '../../../train/sweep/plan.js';
import { runSweep } from '../../../train/sweep/sweep.js';
import { TINY_RUN } from '../tiny-run.js';

describe('sweeps', function () {
  this.timeout(300_000);
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'robenc-sweep-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const written = (sweep: object, name = 'sweep.json') => {
    writeFileSync(join(folder, name), JSON.stringify(sweep));
    return name;
  };
  const plan = (sweep: object, flags: object = {}) => planSweep([written(sweep)], { cwd: folder, ...flags });

  it('a grid gives every combination, the last value changing fastest, each with a name and a folder of its own', () => {
    const { runs, folder: out } = plan({
      name: 'lr',
      base: TINY_RUN,
      set: { epochs: 2 },
      grid: { 'optimizer.learningRate': [0.1, 0.3], 'adversary.name': ['free', 'none'] },
    });
    assert.equal(out, join(folder, 'runs/lr'));
    assert.deepEqual(
      runs.map(({ id, run }) => [id, run.optimizer.learningRate, run.adversary.name, run.epochs]),
      [
        ['001-learningrate-0.1-adversary-free', 0.1, 'free', 2],
        ['002-learningrate-0.1-adversary-none', 0.1, 'none', 2],
        ['003-learningrate-0.3-adversary-free', 0.3, 'free', 2],
        ['004-learningrate-0.3-adversary-none', 0.3, 'none', 2],
      ],
    );
    for (const { id, run } of runs) assert.deepEqual([run.name, run.out], [id, join(out, id)]);
  });

  it('listed runs are run files and changes to the base, and are combined with a grid; several files are a sweep without a file', () => {
    const other = written({ ...TINY_RUN, name: 'other', epochs: 3 }, 'other.json');
    const { runs } = plan({ base: TINY_RUN, runs: [join(folder, other), { set: { batchSize: 4 } }], grid: { seed: [1, 2] } });
    assert.deepEqual(
      runs.map(({ id, run }) => [id, run.epochs, run.batchSize, run.seed]),
      [
        ['001-other-seed-1', 3, 8, 1],
        ['002-other-seed-2', 3, 8, 2],
        ['003-batchsize-4-seed-1', 1, 4, 1],
        ['004-batchsize-4-seed-2', 1, 4, 2],
      ],
    );
    const listed = planSweep([other, written({ ...TINY_RUN, name: 'more' }, 'more.json')], { cwd: folder, out: 'here', set: { 'views.count': 3 } });
    assert.deepEqual(
      listed.runs.map(({ id, run }) => [id, run.name, run.views.count]),
      [
        ['001-other', 'other', 3],
        ['002-more', 'more', 3],
      ],
    );
    assert.equal(listed.folder, join(folder, 'here'));
  });

  it('a fault in any run is told before one begins, with the run and the field', () => {
    assert.throws(() => plan({ base: TINY_RUN, grid: { 'optimizer.learningRate': [0.1, -1] } }), {
      code: 'bad-input',
      message: /Run 2 of the sweep \(optimizer\.learningRate=-1\)/,
    });
    assert.throws(() => plan({ base: TINY_RUN, grid: { 'adversary.name': ['fre'] } }), /Run 1.*No adversary "fre".*free/s);
    assert.throws(() => plan({ base: TINY_RUN, grid: { seed: [1, 1] } }), /001-seed-1 and 002-seed-1 of the sweep are the same/);
    assert.throws(() => plan({ base: TINY_RUN, gird: { seed: [1] } }), /gird.*grid/);
    assert.throws(
      () =>
        plan({
          base: TINY_RUN,
          grid: {
            'views.options.scale': [
              [0.2, 1],
              [0, 0],
            ],
          },
        }),
      /Run 2 .*: grid: .*scale\[0\] is 0/,
    );
    assert.throws(() => plan({ base: 'nothing.json' }), { code: 'not-found', message: /nothing\.json/ });
    assert.throws(() => plan({ base: TINY_RUN, grid: { seed: [] } }), /seed/);
  });

  it('a file whose only field of a sweep is misspelt is a sweep, and one with a misspelt field of a run is a run', () => {
    assert.throws(() => plan({ name: 'x', gird: { seed: [1] } }), {
      code: 'bad-input',
      message: /sweep\.json: gird is not known here\. Did you mean "grid"\?/,
    });
    assert.throws(() => plan({ sed: 3 }), /sed is not known here\. Did you mean "seed"\?/);
  });

  it('a wrong value is told of who gave it: the grid, the changes of the file, or --set, which alone is usage', () => {
    const rate = 'optimizer.learningRate';
    const told = (sweep: object, flags: object, code: string, message: RegExp) =>
      assert.throws(() => plan({ base: TINY_RUN, ...sweep }, flags), { code, message });
    told(
      { grid: { [rate]: [-1] } },
      {},
      'bad-input',
      /^Run 1 of the sweep \(optimizer\.learningRate=-1\): grid: optimizer\.learningRate is -1; it must be > 0\.$/,
    );
    told({ runs: [{ set: { [rate]: -1 } }] }, {}, 'bad-input', /: set: optimizer\.learningRate is -1/);
    told({ set: { [rate]: -1 } }, {}, 'bad-input', /\(its base\): set: optimizer\.learningRate is -1/);
    told({}, { set: { [rate]: -1 } }, 'usage', /\(its base\): --set: optimizer\.learningRate is -1/);
    told({ grid: { 'optimizer.momentun': [0.5] } }, {}, 'bad-input', /: grid: optimizer "lars": momentun is not known here\. Did you mean "momentum"/);
  });

  it('a run that fails is set aside with its reason, the others are done, and a second start does only what is left', async () => {
    const sweep = plan({ base: TINY_RUN, out: 'out', runs: [{ set: { 'data.path': 'gone', 'data.name': 'cifar10' } }, { set: { seed: 5 } }] });
    const notes: string[] = [];
    const options = { signal: new AbortController().signal, note: (line: string) => notes.push(line), report: () => undefined };
    const first = await runSweep(sweep, options);
    assert.equal(first.complete, false);
    assert.deepEqual(
      first.runs.map(({ state, batches }) => [state, batches]),
      [
        ['failed', null],
        ['done', 2],
      ],
    );
    assert.match(first.runs[0]!.reason!, /gone/);
    assert.ok(Number.isFinite(first.runs[1]!.loss));
    assert.deepEqual(JSON.parse(readFileSync(join(sweep.folder, 'sweep.json'), 'utf8')), JSON.parse(JSON.stringify(first)));
    const summary = join(sweep.runs[1]!.run.out, 'summary.json');
    const before = statSync(summary).mtimeMs;
    notes.length = 0;
    const second = await runSweep(sweep, options);
    assert.deepEqual(second.runs, first.runs);
    assert.equal(statSync(summary).mtimeMs, before);
    assert.ok(
      notes.every((line) => line.startsWith(sweep.runs[0]!.id)),
      notes.join('\n'),
    );
  });

  it('a sweep that is stopped saves the run under way, and goes on with it', async () => {
    const sweep = plan({ base: { ...TINY_RUN, epochs: 300 }, out: 'out', grid: { seed: [5, 6] } });
    const stop = new AbortController();
    const stopped = await runSweep(sweep, {
      signal: stop.signal,
      note: () => undefined,
      report: (_, { step }) => {
        if (step === 3) stop.abort();
      },
    });
    assert.equal(stopped.complete, false);
    assert.deepEqual(
      stopped.runs.map(({ state }) => state),
      ['not done', 'not done'],
    );
    const { ending, steps } = JSON.parse(readFileSync(join(sweep.runs[0]!.run.out, 'summary.json'), 'utf8')) as { ending: string; steps: number };
    assert.equal(ending, 'stopped');
    assert.ok(steps >= 3 && steps < 600);
  });
});
