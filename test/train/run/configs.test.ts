/** @file Every run file that comes with the program is whole: its names and options are known. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadRunConfig } from '@robenc/shared/config/run.js';
import { check } from '@robenc/shared/config/check.js';
import { viewSamplers } from '@robenc/train/crops/index.js';
import { planOf } from '@robenc/train/run/plan.js';

const CONFIGS = join(import.meta.dirname, '../../../configs');
const files = readdirSync(CONFIGS, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.json'));

describe('run files', () => {
  it('there is one for every data set, method, adversary and view, and a small twin of each', () => {
    for (const data of ['cifar10', 'cifar100', 'imagenet100'])
      for (const folder of [data, join('cpu', data)]) assert.equal(files.filter((file) => file.startsWith(`${folder}/`)).length, 18, folder);
  });

  it('each can be planned, and is named after itself', () => {
    const names = files.map((file) => {
      const run = loadRunConfig(join(CONFIGS, file));
      const { spec } = planOf(run);
      const sampler = viewSamplers.get(run.views.scheme);
      check(sampler.options, run.views.options, file);
      assert.equal(run.out, `runs/${run.name}`, file);
      if (/simclr|supcon/.test(file) && run.adversary.name !== 'none') assert.equal(spec.adversary.views, 'last', file);
      return run.name;
    });
    assert.equal(new Set(names).size, names.length);
  });
});
