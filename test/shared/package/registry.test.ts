/** @file Labels, rollback, removal and clearing up; the lock under them. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { labelsOf, readLabel } from '@robenc/shared/package/labels.js';
import { latestVersion, listPackages } from '@robenc/shared/package/list.js';
import { withLock } from '@robenc/shared/package/lock.js';
import { openPackage } from '@robenc/shared/package/open.js';
import { collectGarbage, promote, removeVersion, rollback } from '@robenc/shared/package/registry.js';
import { writePackage } from '@robenc/shared/package/write.js';
import { refusal } from '../../refusal.js';
import { job } from './packages.js';

const DEAD_PID = 2 ** 22 + 1;

describe('the registry', () => {
  let models: string;
  beforeEach(() => {
    models = mkdtempSync(join(tmpdir(), 'robenc-registry-'));
    for (let i = 0; i < 3; i++) writePackage(models, job());
  });
  afterEach(() => rmSync(models, { recursive: true, force: true }));

  it('a label points at a version, opens it, and is one file of text', async () => {
    assert.deepEqual(promote(models, { name: 'tiny', version: '2', label: 'production' }), { name: 'tiny', label: 'production', from: null, to: '2' });
    assert.equal((await openPackage(models, 'tiny@production')).version, '2');
    assert.equal((await openPackage(models, 'tiny')).version, '3');
    assert.equal(readFileSync(join(models, 'tiny', 'labels', 'production'), 'utf8'), '2\n');
    assert.deepEqual(
      listPackages(models).map(({ version, labels }) => [version, ...labels]),
      [['1'], ['2', 'production'], ['3', 'latest']],
    );
  });

  it('a new version can be published under labels of its own, leaving latest where it was', () => {
    writePackage(models, job({ labels: ['canary'] }));
    assert.equal(latestVersion(models, 'tiny'), '3');
    assert.equal(readLabel(models, 'tiny', 'canary')?.version, '4');
  });

  it('rollback goes back step by step, past versions that were removed, and then says that there is nothing before', () => {
    for (const version of ['1', '2', '3']) promote(models, { name: 'tiny', version, label: 'production' });
    removeVersion(models, { name: 'tiny', version: '2' });
    assert.deepEqual(rollback(models, { name: 'tiny', label: 'production' }), { name: 'tiny', label: 'production', from: '3', to: '1' });
    assert.throws(
      () => rollback(models, { name: 'tiny', label: 'production' }),
      refusal('not-found', /"production" of tiny points at 1 and has no version before/),
    );
    assert.throws(() => rollback(models, { name: 'tiny', label: 'canary' }), refusal('not-found', /no label "canary"\. There are: latest, production/));
    assert.equal(rollback(models, { name: 'tiny' }).to, '1');
  });

  it('promoting what is there already changes nothing', () => {
    promote(models, { name: 'tiny', version: '1', label: 'production' });
    promote(models, { name: 'tiny', version: '2', label: 'production' });
    promote(models, { name: 'tiny', version: '2', label: 'production' });
    assert.deepEqual(readLabel(models, 'tiny', 'production'), { label: 'production', version: '2', before: ['1'] });
  });

  it('versions, labels and names that are not there or not safe are refused by name', () => {
    assert.throws(() => promote(models, { name: 'tiny', version: '9' }), refusal('not-found', /No version "9".*There are: 1, 2, 3/));
    assert.throws(() => promote(models, { name: 'small', version: '1' }), refusal('not-found', /No model "small".*There are: tiny/));
    for (const label of ['../x', '.x', '7', 'a/b', ''])
      assert.throws(() => promote(models, { name: 'tiny', version: '1', label }), refusal('usage', /The label/), label);
    assert.throws(() => promote(models, { name: '../tiny', version: '1' }), refusal('usage', /The name/));
    writePackage(models, job({ version: 'beta' }));
    assert.throws(() => promote(models, { name: 'tiny', version: '1', label: 'beta' }), refusal('usage', /"beta" is a version/));
    promote(models, { name: 'tiny', version: '1', label: 'canary' });
    assert.throws(() => writePackage(models, job({ version: 'canary' })), refusal('usage', /"canary" is a label/));
  });

  it('a labelled version is not removed; latest moves on to the highest that is left', () => {
    promote(models, { name: 'tiny', version: '2', label: 'production' });
    assert.throws(() => removeVersion(models, { name: 'tiny', version: '2' }), refusal('usage', /label production of tiny points at/));
    assert.deepEqual(removeVersion(models, { name: 'tiny', version: '3' }), { latest: '2' });
    assert.equal(latestVersion(models, 'tiny'), '2');
    assert.deepEqual(readdirSync(join(models, 'tiny')).sort(), ['.lock', '1', '2', 'labels', 'latest']);
  });

  it('the last version takes latest with it', () => {
    for (const version of ['3', '2', '1']) removeVersion(models, { name: 'tiny', version });
    assert.deepEqual(listPackages(models), []);
    assert.equal(existsSync(join(models, 'tiny', 'latest')), false);
    assert.deepEqual(labelsOf(models, 'tiny'), []);
  });

  it('clearing up removes what dead processes left, keeps what living ones work on, and thins out versions without labels', () => {
    promote(models, { name: 'tiny', version: '1', label: 'production' });
    for (const pid of [DEAD_PID, process.pid]) mkdirSync(join(models, 'tiny', `.staged-${pid}-abc`));
    mkdirSync(join(models, 'tiny', `.removed-${DEAD_PID}-7`));
    const now = Date.now();
    const found = collectGarbage(models, { keep: 1, dryRun: true, now });
    assert.deepEqual(found.map(({ path }) => path).sort(), [`tiny/.removed-${DEAD_PID}-7`, `tiny/.staged-${DEAD_PID}-abc`, 'tiny/2']);
    assert.equal(listPackages(models).length, 3);
    assert.equal(collectGarbage(models, { keep: 1, now }).length, 3);
    assert.deepEqual(
      listPackages(models).map(({ version }) => version),
      ['1', '3'],
    );
    assert.ok(existsSync(join(models, 'tiny', `.staged-${process.pid}-abc`)));
    assert.equal(collectGarbage(models, { now: now + 2 * 24 * 3600 * 1000 }).length, 1, 'after a day the process is some other one');
  });

  it('the lock of a process that is gone is taken over; that of a living one is waited for, then refused by name', () => {
    const lock = join(models, 'tiny', '.lock');
    const [ticket] = readdirSync(lock);
    writeFileSync(join(lock, ticket!), JSON.stringify({ pid: DEAD_PID, start: '1', host: 'elsewhere' }));
    assert.throws(() => withLock(join(models, 'tiny'), () => 1, { patienceMs: 30 }), refusal('busy', new RegExp(`process ${DEAD_PID} on elsewhere`)));
    writeFileSync(join(lock, ticket!), '');
    assert.equal(
      withLock(join(models, 'tiny'), () => 1),
      1,
    );
    withLock(join(models, 'tiny'), () => {
      assert.throws(() => withLock(join(models, 'tiny'), () => 1, { patienceMs: 30 }), refusal('busy', new RegExp(`process ${process.pid} `)));
    });
    assert.equal(
      withLock(join(models, 'tiny'), () => 2),
      2,
    );
  });
});
