/** @file `robenc models` as people use it: every action over real packages. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import models from '@robenc/shared/commands/models.js';
import { readOptions } from '@robenc/shared/config/command-options.js';
import { classifierGraph, headGraph } from '@robenc/shared/evaluation/classifier-graph.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import { floats } from '@robenc/shared/graph/value.js';
import { openPackage } from '@robenc/shared/package/open.js';
import { openSession } from '@robenc/shared/runtime/session.js';
import { memoryContext } from '../../context.js';
import { refusal } from '../../refusal.js';
import { writeSmallPackage } from '../deploy/fixture.js';
import { randomHead, SIZE, smallEncoder } from '../evaluation/small-encoder.js';

describe('robenc models', () => {
  let root: string;
  let folder: string;
  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'robenc-models-'));
    folder = join(root, 'models');
    for (const seed of [1, 2]) await writeSmallPackage(folder, seed);
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    writeFileSync(join(root, 'key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    writeFileSync(join(root, 'key.pub.pem'), publicKey.export({ type: 'spki', format: 'pem' }));
    writeFileSync(join(root, 'classifier.onnx'), toOnnx(classifierGraph(smallEncoder(5), headGraph(randomHead(5)))));
    writeFileSync(join(root, 'encoder.onnx'), toOnnx(smallEncoder(5)));
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  async function run(action: string, model?: string, flags: Readonly<Record<string, unknown>> = {}) {
    const context = memoryContext({ cwd: root });
    const code = await models.run({ action, model, ...readOptions(models, flags) }, context);
    return { code, text: context.lines.join('\n'), notes: context.notes.join('\n'), result: context.results[0] as Record<string, unknown> };
  }

  it('list and show say what is there', async () => {
    assert.match((await run('list')).text, /small@1 .*\n.*small@2 +latest/);
    const { text, result } = await run('show', 'small');
    assert.match(text, /small@2 \(latest\)\n.*\n.*\n.*\n.*\ninput {6}RGB in \[0,1\], \[batch,3,8,8\]/);
    assert.deepEqual(result['labels'], ['latest']);
    assert.match((await run('list', undefined, { models: 'nowhere' })).text, /No model packages/);
  });

  it('promote, rollback and remove move labels; a label may stand for the version', async () => {
    assert.match((await run('promote', 'small@1', { label: ['production'] })).text, /small@production is now 1/);
    assert.match((await run('promote', 'small@latest', { label: ['production'] })).text, /small@production is now 2, before it was 1/);
    assert.match((await run('rollback', 'small', { label: ['production'] })).text, /small@production is now 1, before it was 2/);
    await assert.rejects(run('remove', 'small@1'), refusal('usage', /label production/));
    await assert.rejects(run('promote', 'small'), refusal('usage', /name the version too/));
    await assert.rejects(run('rollback', 'small@production'), refusal('usage', /--label production/));
    await assert.rejects(run('burn'), refusal('usage', /No action "burn"\. There are: gc, import, list/));
  });

  it('verify reproduces golden outputs of all packages, and answers 1 with the name of a damaged file', async () => {
    const { code, text } = await run('verify');
    assert.equal(code, 0);
    assert.match(text, /small@1: as it was made; 8 graphs, golden outputs within/);
    await writeSmallPackage(folder, 3);
    truncateSync(join(folder, 'small', '3', 'gradient.onnx'), 100);
    const broken = await run('verify', 'small@3');
    assert.equal(broken.code, 1);
    assert.match(broken.text, /gradient\.onnx has 100 bytes/);
    await run('remove', 'small@3');
  });

  it('sign and verify with a signature', async () => {
    const flags = { publicKey: ['key.pub.pem'], requireSignature: true };
    assert.match((await run('verify', 'small@2', flags)).text, /is not signed/);
    await run('sign', 'small@2', { key: 'key.pem' });
    assert.equal((await run('verify', 'small@2', flags)).code, 0);
    await assert.rejects(run('sign', 'small@2', { key: 'key.pub.pem' }), refusal('bad-file', /no private key/));
    await assert.rejects(run('verify', 'small@2', { requireSignature: true }), refusal('usage', /--public-key/));
  });

  it('import puts the preprocessing of a classifier into its graphs, and the package answers what the file answers', async () => {
    const { result, notes } = await run('import', 'classifier.onnx', {
      name: 'other',
      range: ['0,255'],
      mean: ['10,20,30'],
      std: ['2,4,8'],
      classes: ['a,b,c,d'],
    });
    assert.match(notes, /Assumed: NCHW images, RGB[^]*pixels fed as 0 to 255, mean 10, 20, 30, deviation 2, 4, 8/);
    const opened = await openPackage(folder, 'other');
    assert.deepEqual([opened.manifest.classes, opened.manifest.embeddingSize, opened.manifest.origin.kind], [['a', 'b', 'c', 'd'], 0, 'onnx']);
    const pixels = Float32Array.from({ length: 2 * 3 * SIZE * SIZE }, (_, i) => ((i * 31) % 97) / 96);
    const fed = pixels.map((value, i) => (value * 255 - [10, 20, 30][Math.floor(i / 64) % 3]!) / [2, 4, 8][Math.floor(i / 64) % 3]!);
    const [own, packed] = [await openSession(join(root, 'classifier.onnx')), await openSession(opened.path('classifier')!)];
    const expected = (await own.run({ image: floats(fed, [2, 3, SIZE, SIZE]) }))['logits']!.data as Float32Array;
    const found = (await packed.run({ image: floats(pixels, [2, 3, SIZE, SIZE]) }))['logits']!.data as Float32Array;
    found.forEach((value, i) => assert.ok(Math.abs(value - expected[i]!) < 1e-4 * Math.max(1, Math.abs(expected[i]!)), `${value} ${expected[i]}`));
    await Promise.all([own.close(), packed.close()]);
    assert.ok(opened.path('gradient') !== null);
    assert.equal(result['version'], '1');
    assert.match(readFileSync(opened.path('card')!, 'utf8'), /Imported from classifier\.onnx/);
  });

  it('import takes encoders, and refuses what does not fit by flag', async () => {
    await run('import', 'encoder.onnx', { name: 'enc', role: 'encoder' });
    const opened = await openPackage(folder, 'enc');
    assert.deepEqual([opened.path('classifier'), opened.manifest.embeddingSize, opened.manifest.classes.length], [null, 6, 0]);
    assert.equal((await run('verify', 'enc')).code, 0);
    await assert.rejects(run('import', 'classifier.onnx'), refusal('usage', /--name/));
    await assert.rejects(run('import', 'classifier.onnx', { name: 'x', classes: ['a,b'] }), refusal('usage', /--classes names 2 classes, but the model has 4/));
    await assert.rejects(run('import', 'classifier.onnx', { name: 'x', layout: 'nhwc' }), refusal('usage', /--layout nchw/));
  });

  it('gc says what it would remove', async () => {
    assert.match((await run('gc', undefined, { dryRun: true })).text, /Nothing to remove/);
  });
});
