/** @file `robenc export` and `robenc verify` on a small run: formats, layout, verification of every graph. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { VerificationReport } from '@robenc/export/report/document.js';
import type { Command } from '@robenc/shared/config/command.js';
import { readOptions } from '@robenc/shared/config/command-options.js';
import { verifyPackage } from '@robenc/shared/deploy/verify-package.js';
import { decodeImage } from '@robenc/shared/images/decode.js';
import { listPackages } from '@robenc/shared/package/list.js';
import { openPackage } from '@robenc/shared/package/open.js';
import exportCommand from '@robenc/train/commands/export.js';
import fitHead from '@robenc/train/commands/fit-head.js';
import train from '@robenc/train/commands/train.js';
import verify from '@robenc/train/commands/verify.js';
import { memoryContext } from '../../context.js';
import { refusal } from '../../refusal.js';

const RUN = {
  name: 'tiny',
  seed: 4,
  data: { name: 'shapes', limit: 32, size: 16 },
  batchSize: 16,
  epochs: 1,
  views: { count: 2 },
  encoder: { name: 'resnet-small', widths: [8, 16], embedding: 16, projection: 8 },
  engine: { threads: 1, device: 'cpu' },
};

describe('export and verify', function () {
  this.timeout(10 * 60_000);
  let root: string;

  async function run(command: Command, first: Readonly<Record<string, string>>, flags: Readonly<Record<string, unknown>> = {}) {
    const context = memoryContext({ cwd: root });
    const code = await command.run({ ...first, ...readOptions(command, flags) }, context);
    return { code, context };
  }

  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'robenc-export-'));
    writeFileSync(join(root, 'run.json'), JSON.stringify(RUN));
    await run(train, { [Object.keys(train.arguments)[0]!]: 'run.json' }, { out: 'run' });
    await run(fitHead, { source: 'run' }, { limit: 32, crops: 2, workers: 1, device: 'cpu' });
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  it('writes a package with both number formats and a model repository, and says how the formats compare', async () => {
    const flags = { precision: ['float16,int8'], compare: 16, calibration: 16, maxDrop: 1, layout: 'triton', out: 'triton' };
    const { context } = await run(exportCommand, { source: 'run' }, flags);
    assert.match(context.notes.join('\n'), /int8: clean accuracy .* times the speed/);
    const { manifest, path } = await openPackage(join(root, 'models'), 'tiny');
    assert.deepEqual(Object.keys(manifest.variants!), ['float16', 'int8']);
    // Each format has its own file of weights.
    assert.ok(path('weights', 'float16') && path('weights', 'int8'));
    assert.equal((await verifyPackage(join(root, 'models'), 'tiny')).variants, 4);
    assert.match(readFileSync(path('card')!, 'utf8'), /## Other number formats[\s\S]*\| int8 \| static QDQ/);
    const picture = await decodeImage(readFileSync(path('picture')!));
    assert.deepEqual([picture.height, picture.width], [3 * 18 + 2, 8 * 18 + 2]);
    assert.match(readFileSync(path('card')!, 'utf8'), /## Pictures[\s\S]*\(picture\.png\)/);
    assert.ok(existsSync(join(root, 'triton', 'tiny-encoder', '1', 'model.onnx')));
    await assert.rejects(run(exportCommand, { source: 'run' }, { layout: 'triton' }), refusal('usage', /--out go together/));
    await run(exportCommand, { source: 'tiny' }, { layout: 'triton', out: 'again' });
    assert.ok(existsSync(join(root, 'again', 'tiny-encoder', 'config.pbtxt')));
    const versions = () => listPackages(join(root, 'models')).length;
    const before = versions();
    await assert.rejects(run(exportCommand, { source: 'run' }, { layout: 'triton', out: 'again' }), refusal('usage', /again is not empty/));
    await assert.rejects(
      run(exportCommand, { source: 'run' }, { size: '9x9' }),
      refusal('usage', /--size is for a TensorFlow\.js model, and this is a training run/),
    );
    const signed = { layout: 'triton', out: 'signed', sign: 'no.pem' };
    await assert.rejects(run(exportCommand, { source: 'tiny' }, signed), refusal('usage', /--sign is for a training run or a TensorFlow\.js model/));
    assert.equal(versions(), before, 'nothing was published on the way');
  });

  it('verifies every graph against the run: values and gradients, batches, extreme images; 1 where one differs', async () => {
    await run(exportCommand, { source: 'run' }, { name: 'checked', picture: false });
    const flags = { source: 'run', device: ['cpu'], batch: ['1,3'], out: 'report' };
    assert.equal((await run(verify, { model: 'checked' }, flags)).code, 0);
    const { checks } = JSON.parse(readFileSync(join(root, 'report', 'verification.json'), 'utf8')) as VerificationReport;
    const graphs = [...new Set(checks.map(({ graph }) => graph))].sort();
    assert.deepEqual(graphs, ['aggregateClassifier', 'aggregateHead', 'classifier', 'cropsGradient', 'embeddingGradient', 'encoder', 'gradient']);
    assert.deepEqual([...new Set(checks.map(({ pixels }) => pixels))].sort(), ['constant', 'noise', 'ones', 'random', 'zeros']);
    const strict = await run(verify, { model: 'checked' }, { ...flags, tolerance: 1e-12 });
    assert.equal(strict.code, 1);
    assert.match(strict.context.lines.join('\n'), /checks FAILED/);
    await assert.rejects(run(verify, { model: 'checked' }), refusal('usage', /--source/));
  });
});
