/** @file The run file: defaults, overrides, messages. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { RobencError } from '@robenc/shared/errors.js';
import { giverAmong, runOverrides } from '@robenc/shared/config/run-flags.js';
import { loadRunConfig, readJson } from '@robenc/shared/config/run.js';

const configs = new URL('../../../configs/', import.meta.url).pathname;

function failure(action: () => unknown): RobencError {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof RobencError, String(error));
    return error;
  }
  return assert.fail('nothing was thrown');
}

describe('run file', () => {
  it('an empty run has every default, and the paper’s choices', () => {
    const run = loadRunConfig();
    assert.equal(run.views.count, 16);
    assert.equal(run.optimizer.learningRate, 0.3);
    assert.equal(run.adversary.name, 'free');
    assert.equal(run.checkpoint.everyMinutes, 5);
    assert.equal(run.out, 'runs/encoder');
  });

  // Those in folders of configs/ are the table of methods: test/train/run/configs.test.ts.
  for (const file of readdirSync(configs).filter((name) => name.endsWith('.json')))
    it(`configs/${file} is a valid run that names itself`, () => assert.equal(`${loadRunConfig(join(configs, file)).name}.json`, file));

  it('overrides replace single values, keep their neighbours, and leave the given object alone', () => {
    const given = { views: { count: 4, scheme: 'patches' }, data: { name: 'shapes', limit: 500 } };
    const run = loadRunConfig(given, { 'views.count': 8, 'data.name': 'cifar10', seed: undefined });
    assert.deepEqual([run.views.count, run.views.scheme, run.data.name, run.data.limit, run.seed], [8, 'patches', 'cifar10', 500, 0]);
    assert.equal(given.views.count, 4);
  });

  it('a path from the command line goes without the name that the file has for its own data, unless a name comes with it', () => {
    const file = { data: { name: 'shapes', limit: 500 } };
    const { name, path, limit } = loadRunConfig(file, { 'data.path': 'photos' }).data;
    assert.deepEqual([name, path, limit], [undefined, 'photos', 500]);
    assert.equal(loadRunConfig(file, { 'data.path': 'batches', 'data.name': 'cifar10' }).data.name, 'cifar10');
    assert.deepEqual(file, { data: { name: 'shapes', limit: 500 } });
  });

  it('choosing another adversary drops the options of the one in the file, whichever order the overrides have', () => {
    const given = { adversary: { name: 'free', replays: 3, epsilon: '8/255' } };
    assert.deepEqual(loadRunConfig(given, { 'adversary.epsilon': '4/255', 'adversary.name': 'pgd' }).adversary, { name: 'pgd', epsilon: '4/255' });
    assert.deepEqual(loadRunConfig(given, { 'adversary.name': 'free' }).adversary, given.adversary);
  });

  it('flags and --set become overrides, and --set wins', () => {
    const overrides = runOverrides({ batchSize: 50, epochs: 3, set: ['epochs=4', 'encoder.width=8', 'name=a-b', 'data.path=/tmp/x=y'] });
    assert.deepEqual(overrides, { batchSize: 50, epochs: 4, 'encoder.width': 8, name: 'a-b', 'data.path': '/tmp/x=y' });
    assert.match(failure(() => runOverrides({ set: ['views.count'] })).message, /--set views\.count: write it as path=value/);
  });

  it('a mistyped key is named with what was probably meant', () => {
    const error = failure(() => loadRunConfig({ batchsize: 10, views: { cuont: 3 } }));
    assert.equal(error.code, 'bad-input');
    assert.match(error.message, /run: batchsize is not known here\. Did you mean "batchSize"\?/);
    assert.match(error.message, /run: views\.cuont is not known here\. Did you mean "count"\?/);
  });

  it('a wrong value is told with its path and the value', () => {
    assert.match(failure(() => loadRunConfig({ views: { count: 0 } })).message, /views\.count is 0; it must be >= 1/);
    assert.match(failure(() => loadRunConfig({ name: 'My Encoder' })).message, /name is "My Encoder"; it must be a model name of lower-case/);
    assert.match(failure(() => loadRunConfig({ engine: { device: 'gpu' } })).message, /engine\.device is "gpu"\. .*cuda/);
    assert.equal(failure(() => loadRunConfig({ views: 3 })).field, 'views');
    assert.equal(failure(() => loadRunConfig({ views: 3 }, { 'views.count': 4 })).field, 'views');
  });

  it('a fault in an override is usage, a fault in the file is not', () => {
    assert.equal(failure(() => loadRunConfig({}, { 'views.cuont': 3 })).code, 'usage');
    assert.equal(failure(() => loadRunConfig({}, { batchSize: 1 })).code, 'usage');
    assert.equal(failure(() => loadRunConfig({ batchSize: 1 }, { epochs: 3 })).code, 'bad-input');
  });

  it('a fault in an override names the flag, not the file', () => {
    const flag = failure(() => loadRunConfig('configs/quickstart.json', { 'data.holdOut': 1.5 }));
    assert.deepEqual([flag.message, flag.field], ['--hold-out: data.holdOut is 1.5; it must be < 1.', 'hold-out']);
    assert.deepEqual(failure(() => loadRunConfig({}, { 'views.cuont': 3 })).field, 'views.cuont');
  });

  it('a fault of --set is not told of the flag for the same field, which nobody gave', () => {
    const faultOf = (options: object) => failure(() => loadRunConfig({}, runOverrides({ ...options }), giverAmong({ ...options })));
    const set = faultOf({ set: ['optimizer.learningRate=-1'] });
    assert.deepEqual([set.code, set.message, set.field], ['usage', 'optimizer.learningRate is -1; it must be > 0.', 'optimizer.learningRate']);
    assert.match(faultOf({ learningRate: -1 }).message, /^--learning-rate: optimizer\.learningRate is -1/);
  });

  it('what is no object where a flag has its field is the file’s fault, and the flag is not blamed', () => {
    for (const value of [[], null, 3]) {
      const error = failure(() => loadRunConfig(value as unknown as object, { out: 'here' }));
      assert.deepEqual([error.code, error.message], ['bad-input', `run: it is ${JSON.stringify(value)}; it must be an object, in which out can be set.`]);
    }
    const inside = failure(() => loadRunConfig({ data: [] }, { 'data.path': 'photos' }));
    assert.deepEqual([inside.code, inside.field], ['bad-input', 'data']);
    assert.match(inside.message, /^run: data is \[\]; it must be an object/);
    assert.equal(failure(() => loadRunConfig([], { 'adversary.name': 'pgd' })).code, 'bad-input');
  });

  it('a folder in place of the run file is usage, and of one with a run in it is said how to go on', () => {
    const folder = mkdtempSync(join(tmpdir(), 'robenc-'));
    try {
      const empty = failure(() => loadRunConfig(folder));
      assert.deepEqual([empty.code, empty.message], ['usage', `${folder} is a folder. Give a run file.`]);
      writeFileSync(join(folder, 'run.json'), '{}');
      assert.match(failure(() => loadRunConfig(folder)).message, /is a folder\. To go on with the run in it: robenc train .*\/run\.json --resume\.$/);
      mkdirSync(join(folder, 'inner'));
      assert.match(failure(() => readJson(join(folder, 'inner'))).message, /Could not read .*inner: it is a folder\. Give a file\.$/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('fields that cannot go together are refused', () => {
    assert.equal(failure(() => loadRunConfig({ data: { limit: 50 }, batchSize: 100 })).field, 'data.limit');
    assert.equal(failure(() => loadRunConfig({ schedule: { unit: 'replay' }, adversary: { name: 'pgd' } })).field, 'schedule.unit');
  });

  it('a missing file and a file that is no JSON are told apart', () => {
    const folder = mkdtempSync(join(tmpdir(), 'robenc-'));
    try {
      assert.equal(failure(() => loadRunConfig(join(folder, 'no.json'))).code, 'not-found');
      writeFileSync(join(folder, 'half.json'), '{"name": ');
      assert.equal(failure(() => loadRunConfig(join(folder, 'half.json'))).code, 'bad-file');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
