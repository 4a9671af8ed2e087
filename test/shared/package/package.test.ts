/** @file Model packages: written whole or not at all, opened only when every byte is as the manifest says. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseReference } from '@robenc/shared/package/labels.js';
import { latestVersion, listPackages } from '@robenc/shared/package/list.js';
import { openPackage } from '@robenc/shared/package/open.js';
import { writePackage } from '@robenc/shared/package/write.js';
import { refusal } from '../../refusal.js';
import { skip } from '../../skip.js';
import { bytes, description, job } from './packages.js';

describe('model packages', () => {
  let models: string;
  beforeEach(() => {
    models = mkdtempSync(join(tmpdir(), 'robenc-package-'));
  });
  afterEach(() => rmSync(models, { recursive: true, force: true }));

  it('what is written is opened again with the same manifest, digest and bytes', async () => {
    const written = writePackage(models, job());
    const opened = await openPackage(models, 'tiny');
    assert.deepEqual(opened.manifest, written.manifest);
    assert.equal(opened.digest, written.digest);
    assert.equal(opened.version, '1');
    assert.deepEqual(new Uint8Array(readFileSync(opened.path('classifier')!)), bytes(2));
    assert.equal(opened.path('aggregateHead'), null);
    assert.equal((await openPackage(written.folder)).digest, written.digest);
  });

  it('"auto" takes the next whole number, also past 9 and past a version with another kind of name', () => {
    for (const version of ['9', 'trial', 'auto']) writePackage(models, job({ version }));
    assert.equal(writePackage(models, job()).manifest.version, '11');
    assert.deepEqual(
      listPackages(models).map(({ version, latest }) => [version, latest]),
      [
        ['9', false],
        ['10', false],
        ['11', true],
        ['trial', false],
      ],
    );
  });

  it('without labels a new version leaves the pointer on the old version, which a name alone still means', async () => {
    writePackage(models, job());
    writePackage(models, job({ labels: [] }));
    assert.equal(latestVersion(models, 'tiny'), '1');
    assert.equal((await openPackage(models, 'tiny')).version, '1');
    assert.equal((await openPackage(models, 'tiny@2')).version, '2');
  });

  it('a version that is there is refused, and is left as it was', async () => {
    const first = writePackage(models, job({ version: '1.0' }));
    const again = job({ version: '1.0', files: { encoder: bytes(7), classifier: bytes(2), gradient: bytes(3) } });
    assert.throws(() => writePackage(models, again), refusal('usage', /tiny@1\.0 is there already, and versions do not change/));
    assert.equal((await openPackage(models, 'tiny@1.0')).digest, first.digest);
  });

  it('a label that none can have, or that is a version, is refused before a version appears', () => {
    writePackage(models, job({ version: 'a' }));
    for (const label of ['../x', 'a']) assert.throws(() => writePackage(models, job({ version: 'b', labels: [label] })), refusal('usage', /label/));
    assert.deepEqual(
      listPackages(models).map(({ version }) => version),
      ['a'],
    );
  });

  it('a manifest that breaks its schema is refused by field, and leaves no version behind', () => {
    const broken = { ...description, embeddingSize: -1 };
    assert.throws(() => writePackage(models, job({ manifest: broken })), refusal('bad-file', /embeddingSize is -1/));
    assert.throws(() => writePackage(models, job({ files: { gradient: bytes(1) } })), refusal('bad-file', /neither an encoder nor a classifier/));
    assert.deepEqual(listPackages(models), []);
    assert.deepEqual(readdirSync(join(models, 'tiny')), ['.lock']);
  });

  it('the package can be read by others than its writer', () => {
    const { folder } = writePackage(models, job());
    assert.equal(statSync(folder).mode & 0o700, 0o700);
    const reference = modeOfPlainFolder(models);
    assert.equal(statSync(folder).mode & 0o777, reference);
  });

  it('a read-only models folder gives an io error that names the folder', function () {
    if (process.getuid?.() === 0) skip(this, 'the user is root, who may write anywhere');
    chmodSync(models, 0o500);
    try {
      assert.throws(() => writePackage(models, job()), refusal('io', new RegExp(`${models}.*writable`)));
    } finally {
      chmodSync(models, 0o700);
    }
  });

  it('a models folder that is a file gives an io error that names it', () => {
    const file = join(models, 'file');
    writeFileSync(file, '');
    assert.throws(() => writePackage(file, job()), refusal('io', /file\/tiny.*ENOTDIR/));
  });

  it('a model file cut in half is named, with both sizes', async () => {
    const { folder } = writePackage(models, job());
    truncateSync(join(folder, 'gradient.onnx'), 50);
    await assert.rejects(openPackage(models, 'tiny'), refusal('bad-file', /gradient\.onnx has 50 bytes, but its manifest says 100/));
  });

  it('one changed byte is found by the digest', async () => {
    const { folder } = writePackage(models, job());
    const changed = bytes(2);
    changed[99] = 3;
    writeFileSync(join(folder, 'classifier.onnx'), changed);
    await assert.rejects(openPackage(models, 'tiny'), refusal('bad-file', /classifier\.onnx has the SHA-256/));
  });

  it('a missing file, a cut manifest and a manifest of another package are each named', async () => {
    const { folder } = writePackage(models, job());
    rmSync(join(folder, 'encoder.onnx'));
    await assert.rejects(openPackage(models, 'tiny'), refusal('bad-file', /encoder\.onnx is missing/));
    truncateSync(join(folder, 'manifest.json'), 40);
    await assert.rejects(openPackage(models, 'tiny'), refusal('bad-file', /manifest\.json is not JSON/));
    const other = writePackage(models, job({ name: 'other' }));
    renameSync(other.folder, join(models, 'tiny', '2'));
    await assert.rejects(openPackage(models, 'tiny@2'), refusal('bad-file', /says other@1.*tiny@2/));
  });

  it('a manifest cannot point outside its folder, by path or by link', async () => {
    const { folder } = writePackage(models, job());
    const path = join(folder, 'manifest.json');
    const original = readFileSync(path);
    const manifest = JSON.parse(original.toString()) as { files: { encoder: { path: string } } };
    for (const outside of ['../secret.onnx', '/etc/passwd', '.hidden', 'a/b']) {
      manifest.files.encoder.path = outside;
      writeFileSync(path, JSON.stringify(manifest));
      await assert.rejects(openPackage(models, 'tiny'), refusal('bad-file', /files\.encoder\.path.*a file name inside the package/));
    }
    writeFileSync(path, original);
    writeFileSync(join(models, 'outside.onnx'), bytes(1));
    rmSync(join(folder, 'encoder.onnx'));
    symlinkSync(join(models, 'outside.onnx'), join(folder, 'encoder.onnx'));
    await assert.rejects(openPackage(models, 'tiny'), refusal('bad-file', /encoder\.onnx is a link/));
  });

  it('a version folder that is a link out of the models folder is refused', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'robenc-package-'));
    try {
      const { folder } = writePackage(elsewhere, job());
      mkdirSync(join(models, 'tiny'));
      symlinkSync(folder, join(models, 'tiny', '1'));
      await assert.rejects(openPackage(models, 'tiny@1'), refusal('bad-file', /leads out of the models folder/));
    } finally {
      rmSync(elsewhere, { recursive: true, force: true });
    }
  });

  it('unknown names and versions are answered with those that are there', async () => {
    writePackage(models, job());
    await assert.rejects(openPackage(models, 'small'), refusal('not-found', /No model "small".*There are: tiny/));
    await assert.rejects(openPackage(models, 'tiny@3'), refusal('not-found', /No version "3".*There are: 1/));
    await assert.rejects(openPackage(join(models, 'nowhere')), refusal('not-found', /manifest\.json does not exist/));
    await assert.rejects(openPackage(models, 'tiny@canary'), refusal('not-found', /There are: 1; labels: latest/));
    writeFileSync(join(models, 'tiny', 'latest'), 'gone\n');
    await assert.rejects(openPackage(models, 'tiny'), refusal('bad-file', /latest names the version "gone"/));
  });

  it('names that could leave the folder are refused', () => {
    for (const reference of ['../x', 'a/b', '', '.hidden', 'x@', 'x@../1', 'x@labels', 'a\u0000b', 'x'.repeat(65)])
      assert.throws(() => parseReference(reference), refusal('usage', /must be at most 64 letters/), reference);
    assert.deepEqual(parseReference('x@latest'), { name: 'x', version: 'latest' });
    assert.deepEqual(parseReference('resnet-small@2.1'), { name: 'resnet-small', version: '2.1' });
  });

  it('hidden work folders and folders without a manifest are no packages', () => {
    writePackage(models, job());
    mkdirSync(join(models, 'tiny', '.staged-x', 'package'), { recursive: true });
    mkdirSync(join(models, 'empty', '1'), { recursive: true });
    writeFileSync(join(models, 'README.md'), '');
    assert.deepEqual(
      listPackages(models).map(({ name, version }) => `${name}@${version}`),
      ['tiny@1'],
    );
    assert.deepEqual(listPackages(join(models, 'nowhere')), []);
  });
});

/** The mode that a plain mkdir gives under this umask. */
function modeOfPlainFolder(folder: string): number {
  const path = join(folder, 'plain');
  mkdirSync(path);
  return statSync(path).mode & 0o777;
}
