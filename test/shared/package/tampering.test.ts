/** @file Packages that were changed after they were written: each change is refused, naming the file. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '@robenc/shared/package/digest.js';
import { openPackage } from '@robenc/shared/package/open.js';
import { Staging } from '@robenc/shared/package/stage.js';
import { sumsText } from '@robenc/shared/package/sums.js';
import type { Manifest } from '@robenc/shared/config/manifest.js';
import { refusal } from '../../refusal.js';
import { bytes, description } from './packages.js';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const trust = { keys: [publicKey], required: true };

describe('tampered packages', () => {
  let models: string;
  let folder: string;
  const file = (name: string) => join(folder, name);
  const open = () => openPackage(folder, undefined, { trust });

  beforeEach(() => {
    models = mkdtempSync(join(tmpdir(), 'robenc-tampering-'));
    const staging = new Staging(models, 'tiny');
    staging.put('encoder', bytes(1));
    staging.put('classifier', bytes(2));
    staging.put('gradient', bytes(3));
    staging.put('weights', bytes(4, 4096));
    staging.put('golden', '{}');
    staging.put('card', '# tiny\n');
    staging.putVariant('int8', 'classifier', bytes(5));
    staging.describeVariant('int8', { method: 'test' });
    ({ folder } = staging.publish({ version: 'auto', manifest: description, key: privateKey }));
  });
  afterEach(() => rmSync(models, { recursive: true, force: true }));

  it('an untouched package opens, signature included', async () => {
    const opened = await open();
    assert.equal(opened.path('classifier', 'int8'), file('classifier.int8.onnx'));
    assert.equal(opened.path('encoder', 'int8'), null);
    assert.deepEqual(readdirSync(folder).length, 10);
  });

  it('one changed byte anywhere in any file is refused by the name of the file', async () => {
    for (const name of readdirSync(folder)) {
      const original = readFileSync(file(name));
      for (const place of [0, original.length >> 1, original.length - 1]) {
        const changed = Buffer.from(original);
        changed[place]! ^= 1;
        writeFileSync(file(name), changed);
        await assert.rejects(open(), (error: Error) => {
          assert.match(error.message, name === 'manifest.json' ? /manifest\.json/ : new RegExp(name.replace('.sig', '')), `${name}, byte ${place}`);
          return refusal('bad-file', /./)(error);
        });
      }
      writeFileSync(file(name), original);
    }
    await open();
  });

  it('two graphs that changed places are refused', async () => {
    renameSync(file('encoder.onnx'), file('x'));
    renameSync(file('classifier.onnx'), file('encoder.onnx'));
    renameSync(file('x'), file('classifier.onnx'));
    await assert.rejects(open(), refusal('bad-file', /encoder\.onnx has the SHA-256/));
  });

  it('an edited manifest is refused without any key, and with the sums made to fit only with one', async () => {
    const manifest = JSON.parse(readFileSync(file('manifest.json'), 'utf8')) as Manifest;
    const text = `${JSON.stringify({ ...manifest, classes: ['square', 'circle'] }, null, 2)}\n`;
    writeFileSync(file('manifest.json'), text);
    await assert.rejects(openPackage(models, 'tiny'), refusal('bad-file', /manifest\.json is not the one that SHA256SUMS was written for/));
    writeFileSync(file('SHA256SUMS'), sumsText(manifest, sha256(text)));
    await openPackage(models, 'tiny');
    await assert.rejects(open(), refusal('bad-file', /manifest\.json\.sig is no signature of manifest\.json/));
  });

  it('files that are missing, links or folders are refused, also where a link leads to the right bytes', async () => {
    for (const name of ['weights.bin', 'manifest.json', 'SHA256SUMS', 'MODEL_CARD.md']) {
      const copy = join(models, 'copy');
      cpSync(file(name), copy);
      rmSync(file(name));
      await assert.rejects(open(), (error: Error) => error.message.includes(name));
      symlinkSync(copy, file(name));
      await assert.rejects(open(), refusal('bad-file', new RegExp(`${name} is a link`)), name);
      rmSync(file(name));
      cpSync(copy, file(name));
    }
    await open();
  });

  it('paths out of the package, hidden ones, and one file for two things are refused by field or name', async () => {
    const manifest = JSON.parse(readFileSync(file('manifest.json'), 'utf8')) as Manifest;
    const edit = (path: string) => {
      const edited = { ...manifest, files: { ...manifest.files, encoder: { ...manifest.files.encoder!, path } } };
      const text = JSON.stringify(edited);
      writeFileSync(file('manifest.json'), text);
      writeFileSync(file('SHA256SUMS'), sumsText(edited, sha256(text)));
    };
    for (const path of ['../encoder.onnx', '/etc/passwd', '..', '.hidden', 'a/b.onnx', 'a\\b.onnx']) {
      edit(path);
      await assert.rejects(openPackage(models, 'tiny'), refusal('bad-file', /files\.encoder\.path/), path);
    }
    for (const path of ['classifier.onnx', 'Classifier.onnx', 'manifest.json', 'sha256sums']) {
      edit(path);
      await assert.rejects(openPackage(models, 'tiny'), refusal('bad-file', /for two things/), path);
    }
  });

  it('an unsigned package, a key of somebody else, and a signature of another package are refused where a signature is asked for', async () => {
    const other = generateKeyPairSync('ed25519').publicKey;
    await assert.rejects(
      openPackage(models, 'tiny', { trust: { keys: [other], required: false } }),
      refusal('bad-file', /is no signature of manifest\.json by any/),
    );
    await assert.rejects(openPackage(models, 'tiny', { trust: { keys: [], required: true } }), refusal('usage', /--public-key/));
    await openPackage(models, 'tiny', { trust: { keys: [other, publicKey], required: true } });
    rmSync(file('manifest.json.sig'));
    await assert.rejects(open(), refusal('bad-file', /is not signed: manifest\.json\.sig is missing/));
    await openPackage(models, 'tiny', { trust: { keys: [publicKey], required: false } });
  });

  it('a manifest of schema version 1 is read as the current one; a newer one is refused with what to do', async () => {
    const manifest = JSON.parse(readFileSync(file('manifest.json'), 'utf8')) as Record<string, unknown>;
    const write = (more: object) => writeFileSync(file('manifest.json'), JSON.stringify({ ...manifest, ...more }));
    rmSync(file('SHA256SUMS'));
    write({ schemaVersion: 1, origin: undefined, variants: undefined });
    const opened = await openPackage(models, 'tiny');
    assert.deepEqual([opened.manifest.schemaVersion, opened.manifest.origin], [2, { kind: 'run' }]);
    write({ schemaVersion: 3 });
    await assert.rejects(openPackage(models, 'tiny'), refusal('bad-file', /schemaVersion 3, and this robenc reads up to 2/));
    write({});
    await assert.rejects(openPackage(models, 'tiny'), refusal('bad-file', /SHA256SUMS is missing/));
  });
});
