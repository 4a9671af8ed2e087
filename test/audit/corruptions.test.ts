/** @file `robenc audit --preset corruptions`: the counts are those of the same corruptions made by hand and a classifier in closed form. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOptions } from '@robenc/shared/config/command-options.js';
import { AuditReport } from '@robenc/shared/config/audit.js';
import { check } from '@robenc/shared/config/check.js';
import { imageAt } from '@robenc/shared/data/image-set.js';
import { openImageSet } from '@robenc/shared/data/open.js';
import { imageId } from '@robenc/shared/evaluation/pixels.js';
import { corrupt } from '@robenc/shared/images/corruptions/corruption.js';
import { corruptions } from '@robenc/shared/images/corruptions/index.js';
import { toTensor } from '@robenc/shared/images/image.js';
import { Random } from '@robenc/shared/math/random.js';
import audit from '@robenc/audit/commands/audit.js';
import { memoryContext } from '../context.js';
import { colourModel, robustCount, SIDE, writeColourFolder, type ColourImage } from './colour-world.js';

describe('audits of common corruptions', () => {
  let root: string;
  let data: string;
  let model: string;
  let images: readonly ColourImage[];

  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'robenc-corruptions-'));
    ({ folder: data, images } = await writeColourFolder({ perClass: 8 }));
    model = join(root, 'model.onnx');
    writeFileSync(model, colourModel());
  });

  after(() => {
    rmSync(root, { recursive: true });
    rmSync(data, { recursive: true });
  });

  async function run(flags: Readonly<Record<string, unknown>> = {}) {
    const context = memoryContext({ cwd: root });
    const options = readOptions(audit, { data, workers: '1', device: 'cpu', seed: '5', ...flags });
    const code = await audit.run({ model, ...options }, context);
    return { code, context, report: check(AuditReport, context.results[0], 'audit.json') };
  }

  it('count what the classifier gets right of each family and severity, and their mean error', async () => {
    const { code, report, context } = await run({ preset: 'corruptions', out: join(root, 'a') });
    assert.equal(code, 0);
    const found = report.corruptions!;
    const main = corruptions.entries.filter(({ extra }) => extra !== true);
    assert.deepEqual(
      found.families.map(({ name }) => name),
      main.map(({ name }) => name),
    );
    assert.equal(found.constants, 'CIFAR-10-C');
    const set = await openImageSet({ path: data, split: 'test', seed: 0 });
    for (const { name, severities, meanAccuracy } of found.families) {
      for (const { severity, correct, images: count } of severities) {
        let right = 0;
        for (let i = 0; i < set.count; i++) {
          const pixels = toTensor([imageAt(set, i)]).data as Float32Array;
          const stream = new Random(5, 'corruption', name, severity, imageId(set, i));
          const corrupted = (await corrupt(corruptions.get(name), { width: SIDE, height: SIDE, data: pixels }, severity, stream)).data;
          const [red, green, blue] = [0, 1, 2].map((k) => corrupted.subarray(k * SIDE * SIDE, (k + 1) * SIDE * SIDE).reduce((sum, value) => sum + value, 0));
          // As the classifier does, the first of equal ones: snow makes all channels white.
          const classes = [blue!, green!, red!];
          if (classes.indexOf(Math.max(...classes)) === set.labels![i]) right += 1;
        }
        assert.deepEqual([correct, count], [right, set.count], `${name} ${severity}`);
      }
      assert.ok(Math.abs(meanAccuracy - severities.reduce((sum, { accuracy }) => sum + accuracy, 0) / 5) < 1e-12);
    }
    const all = found.families.flatMap(({ severities }) => severities.map(({ accuracy }) => accuracy));
    assert.ok(Math.abs(found.meanError - (1 - all.reduce((sum, one) => sum + one, 0) / all.length)) < 1e-12);
    const right = robustCount(images, 0) / images.length;
    assert.ok(Math.abs(found.cleanError - (1 - right)) < 1e-12);
    assert.ok(new Set(all).size > 1, 'some corruptions cost more than others');
    assert.ok(context.lines.some((line) => /^Mean corruption error \d/.test(line)));
    assert.match(report.threatModel.text, /^no attack/);
    const html = readFileSync(join(root, 'a', 'report.html'), 'utf8');
    assert.ok(html.includes('Accuracy under common corruptions') && html.includes('gaussian-noise') && html.includes('No attack was made'));
    assert.match(readFileSync(join(root, 'a', 'junit.xml'), 'utf8'), /name="common corruptions"/);
  });

  it('are the same for every batch size, beside attacks too, and stay so when the audit goes on', async () => {
    const names = ['jpeg,fog,gaussian-blur'];
    const { report: alone } = await run({ preset: 'corruptions', corruptions: names, batchSize: '3' });
    const { report: beside } = await run({ preset: 'quick', eps: ['8/255'], corruptions: names, out: join(root, 'b') });
    assert.deepEqual(beside.corruptions, alone.corruptions);
    assert.deepEqual(
      beside.corruptions!.families.map(({ name }) => name),
      ['fog', 'jpeg', 'gaussian-blur'],
    );
    assert.equal(beside.results[0]!.robustCorrect, robustCount(images, 8 / 255));
    const { report: again } = await run({ preset: 'quick', eps: ['8/255'], corruptions: names, out: join(root, 'b'), resume: true });
    assert.deepEqual(again.corruptions, beside.corruptions);
  });

  it('decide --fail-under by their mean, and refuse a radius, constants of attacks and unknown names', async () => {
    const { report } = await run({ preset: 'corruptions', corruptions: ['impulse-noise'] });
    const accuracy = 1 - report.corruptions!.meanError;
    assert.equal((await run({ preset: 'corruptions', corruptions: ['impulse-noise'], failUnder: String(Math.min(1, accuracy + 0.001)) })).code, 1);
    await assert.rejects(run({ preset: 'corruptions', eps: ['8/255'] }), /--eps is a radius of attacks/);
    await assert.rejects(run({ preset: 'corruptions', steps: '3' }), /No attack of the preset corruptions has an option steps/);
    assert.throws(() => readOptions(audit, { data, corruptions: ['frost'] }), /frost/);
  });
});
