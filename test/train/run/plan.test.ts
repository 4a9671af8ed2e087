/** @file The choices of a run and their options: what is refused before anything starts, and whose fault it is said to be. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { giverAmong, runOverrides } from '@robenc/shared/config/run-flags.js';
import { loadRunConfig } from '@robenc/shared/config/run.js';
import { RobencError } from '@robenc/shared/errors.js';
import { loadPlannedRun, planOf } from '../../../train/run/plan.js';
import { refusal } from '../../refusal.js';

/** The refusal of a run file, and of flags by option name on top of one. */
function refused(file: object | string, flags: Readonly<Record<string, unknown>> = {}): RobencError {
  try {
    loadPlannedRun(file, runOverrides(flags), giverAmong(flags));
  } catch (error) {
    assert.ok(error instanceof RobencError, String(error));
    return error;
  }
  return assert.fail('nothing was refused');
}

describe('the plan of a run', () => {
  let folder: string;
  let file: string;
  before(() => (file = join((folder = mkdtempSync(join(tmpdir(), 'robenc-plan-'))), 'x.json')));
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** The refusal of such a file. */
  const refusedFile = (run: object, flags: Readonly<Record<string, unknown>> = {}) => {
    writeFileSync(file, JSON.stringify(run));
    return refused(file, flags);
  };

  it('refuses options of views that the scheme does not have, and values out of their bounds', () => {
    const misspelt = refused({}, { set: ['views.options.flipp=1'] });
    assert.deepEqual([misspelt.code, misspelt.field], ['usage', 'views.options.flipp']);
    assert.match(misspelt.message, /^views\.options of the scheme "crops": flipp is not known here\. Did you mean "flip"\?/);
    const zero = refused({}, { set: ['views.options.scale=[0,0]'] });
    assert.deepEqual([zero.code, zero.field], ['usage', 'views.options.scale[0]']);
    const inFile = refusedFile({ views: { options: { jitter: 2 } } });
    assert.deepEqual([inFile.code, inFile.field], ['bad-input', 'views.options.jitter']);
    assert.match(inFile.message, /x\.json: views\.options of the scheme "crops": jitter is 2; it must be <= 1/);
    assert.match(refused({ views: { scheme: 'patches', options: { scale: [0.1, 0.9] } } }).message, /scale is \[0\.1,0\.9\]; it must be a number/);
    assert.doesNotThrow(() => planOf(loadRunConfig({ views: { options: { scale: [0.5, 0.5], jitter: 0 } } })));
  });

  for (const [range, turned] of [
    ['scale=[0.9,0.1]', '[0.1,0.9]'],
    ['ratio=[2,1]', '[1,2]'],
    ['sigma=[2,0.1]', '[0.1,2]'],
  ] as const)
    it(`refuses the range ${range}, whose ends are the wrong way round, and says how to write it`, () => {
      const [key, value] = range.split('=') as [string, string];
      const error = refused({}, { set: [`views.options.${range}`] });
      assert.deepEqual([error.code, error.field], ['usage', `views.options.${key}`]);
      assert.equal(error.message, `views.options of the scheme "crops": ${key} is ${value}; its least value goes first. Set views.options.${key}=${turned}.`);
    });

  it('answers a mistyped name with the one that was probably meant, as usage where a flag gave it', () => {
    for (const [flags, field, message] of [
      [{ loss: 'emp-sll' }, 'loss', /^--loss: No loss "emp-sll"\. Did you mean "emp-ssl"\?/],
      [{ encoder: 'resnet-smal' }, 'encoder', /^--encoder: No encoder "resnet-smal"\. Did you mean "resnet-small"\?/],
      [{ adversary: 'fre' }, 'adversary', /^--adversary: No adversary "fre"\. Did you mean "free"\?/],
      [{ engine: 'onx' }, 'engine', /^--engine: No engine "onx"\. Did you mean "onnx"\?/],
      [{ set: ['optimizer.name=larss'] }, 'optimizer.name', /^No optimizer "larss"\. Did you mean "lars"\?/],
      [{ set: ['schedule.name=cosin'] }, 'schedule.name', /^No schedule "cosin"\. Did you mean "cosine"\?/],
      [{ set: ['views.scheme=crop'] }, 'views.scheme', /^No view sampler "crop"\. Did you mean "crops"\?/],
    ] as const) {
      const error = refused({}, flags);
      assert.deepEqual([error.code, error.field], ['usage', field]);
      assert.match(error.message, message);
    }
    const inFile = refusedFile({ loss: { name: 'emp-sll' } });
    assert.deepEqual([inFile.code, inFile.field], ['bad-input', 'loss.name']);
    assert.match(inFile.message, /x\.json: No loss "emp-sll"/);
  });

  it('names the run file for an option of a choice that stands there, and not for one of --set, which is usage', () => {
    const inFile = refusedFile({ optimizer: { name: 'lars', momentun: 0.5 } }, { epochs: 2 });
    assert.deepEqual([inFile.code, inFile.field], ['bad-input', 'optimizer.momentun']);
    assert.match(inFile.message, /x\.json: optimizer "lars": momentun is not known here\. Did you mean "momentum"\?/);
    for (const set of ['optimizer.momentun=0.5', 'encoder.widhts=[4]', 'adversary.replays=0', 'loss.weight=2', 'schedule.length=3']) {
      const error = refusedFile({}, { set: [set] });
      assert.deepEqual([error.code, error.field], ['usage', set.split('=')[0]]);
      assert.doesNotMatch(error.message, /x\.json/);
    }
    const several = refusedFile({ optimizer: { momentun: 0.5, clipp: true } }).message.split('\n');
    assert.deepEqual(
      several.map((line) => /x\.json: optimizer "lars": (momentun|clipp) is not known here/.test(line)),
      [true, true],
    );
  });

  it('names the flag of an option that another entry takes, and says which', () => {
    const radius = refused({}, { adversary: 'none', epsilon: '8/255' });
    assert.deepEqual([radius.code, radius.field], ['usage', 'epsilon']);
    assert.equal(
      radius.message,
      '--epsilon: adversary "none": epsilon is not known here. It is an option of free and pgd: leave it out, or choose one of them.',
    );
    const init = refused({}, { init: 'model.onnx', encoder: 'resnet-small' });
    assert.deepEqual([init.code, init.field], ['usage', 'init']);
    assert.match(init.message, /^--init: encoder "resnet-small": path is not known here\..* It is an option of onnx: leave it out, or choose that\.$/);
  });

  it('says what an encoder from a file lacks, and which flag gives it', () => {
    const error = refused({}, { encoder: 'onnx' });
    assert.deepEqual([error.code, error.message], ['usage', '--encoder: encoder "onnx": path is missing. Set encoder.path (--init).']);
    assert.match(refusedFile({ encoder: { name: 'onnx' } }).message, /x\.json: encoder "onnx": path is missing\. Set encoder\.path \(--init\)\.$/);
  });

  it('says how many views a loss takes, without an infinite number', () => {
    const error = refused({}, { views: 1 });
    assert.equal(error.message, '--views: views.count is 1, but the loss emp-ssl takes 2 or more views.');
  });

  it('refuses a radius of validations that is none', () => {
    const run = loadRunConfig({ validation: { epsilon: 'wide' } });
    assert.throws(() => planOf(run), refusal('bad-input', /validation\.epsilon: "wide" is not a distance/));
  });
});
