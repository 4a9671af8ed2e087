/** @file Tests of finding the model that a user means. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { locateFile, locateModel } from '@robenc/shared/package/locate.js';
import { promote } from '@robenc/shared/package/registry.js';
import { writePackage } from '@robenc/shared/package/write.js';
import { refusal } from '../../refusal.js';
import { job } from './packages.js';

describe('the model that a user means', () => {
  let cwd: string;
  const where = () => ({ cwd, models: 'models' });
  const located = async (text: string) => {
    const { kind, path } = await locateModel(text, where());
    return [kind, path];
  };

  before(() => {
    cwd = mkdtempSync(join(tmpdir(), 'robenc-locate-'));
    for (let i = 0; i < 2; i++) writePackage(join(cwd, 'models'), job());
    promote(join(cwd, 'models'), { name: 'tiny', version: '1', label: 'production' });
    for (const folder of ['tiny', 'runs', 'my run']) mkdirSync(join(cwd, folder));
    writeFileSync(join(cwd, 'a.onnx'), 'x');
  });
  after(() => rmSync(cwd, { recursive: true }));

  it('is a file, a package by path, or a name, which a folder without a manifest does not hide', async () => {
    const version = (number: string) => ['package', join(cwd, 'models', 'tiny', number)];
    assert.deepEqual(await located('a.onnx'), ['file', join(cwd, 'a.onnx')]);
    assert.deepEqual(await located('models/tiny/1'), version('1'));
    assert.deepEqual(await located('tiny'), version('2'));
    assert.deepEqual(await located('tiny@1'), version('1'));
    assert.deepEqual(await located('tiny@production'), version('1'));
    for (const name of ['runs', 'my run']) assert.deepEqual(await located(name), ['folder', join(cwd, name)]);
    assert.deepEqual(await located('.'), ['folder', cwd]);
  });

  it('that is not there is refused with what there is', async () => {
    await assert.rejects(located('b.onnx'), refusal('not-found', /nothing at .*b\.onnx/));
    await assert.rejects(located('tinny'), refusal('not-found', /No model "tinny".*There are: tiny/));
    await assert.rejects(located('tiny@7'), refusal('not-found', /No version "7".*There are: 1, 2; labels: .*production/));
  });

  it('where one file is needed, a package is answered with its graphs and a folder is refused', async () => {
    assert.equal(await locateFile('a.onnx', where()), join(cwd, 'a.onnx'));
    await assert.rejects(locateFile('tiny', where()), refusal('usage', /several graphs.*tiny\/2\/classifier\.onnx/));
    await assert.rejects(locateFile('runs', where()), refusal('not-found', /without manifest\.json/));
  });
});
