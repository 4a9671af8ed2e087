/** @file Audits of encoders without a classifier, on one whose embeddings are the channel means, so that every verdict has a closed form. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOptions } from '@robenc/shared/config/command-options.js';
import { AuditReport } from '@robenc/shared/config/audit.js';
import { check } from '@robenc/shared/config/check.js';
import { openImageSet } from '@robenc/shared/data/open.js';
import { imageAt } from '@robenc/shared/data/image-set.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import { newBuilder } from '@robenc/shared/ops/index.js';
import audit from '@robenc/audit/commands/audit.js';
import { nearestDistances } from '@robenc/audit/threats/embedding.js';
import { memoryContext } from '../context.js';
import { SIDE, writeColourFolder } from './colour-world.js';

describe('audits of an encoder', () => {
  let root: string;
  let data: string;
  let model: string;
  let means: Float32Array;

  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'robenc-encoder-'));
    ({ folder: data } = await writeColourFolder());
    const g = newBuilder();
    const image = g.input('image', 'float32', ['batch', 3, SIDE, SIDE]);
    g.output('embedding', g.node('ReduceMean', [image, g.ints([2, 3])], { keepdims: 0 }));
    model = join(root, 'encoder.onnx');
    writeFileSync(model, toOnnx(g.build('means')));
    const set = await openImageSet({ path: data, split: 'test', seed: 0 });
    means = Float32Array.from({ length: 3 * set.count }, (_, i) => {
      const values = imageAt(set, Math.floor(i / 3)).data.filter((_value, j) => j % 3 === i % 3);
      return values.reduce((sum, value) => sum + value, 0) / (255 * values.length);
    });
  });

  after(() => {
    rmSync(root, { recursive: true });
    rmSync(data, { recursive: true });
  });

  async function run(threat: string, eps: string, flags: Readonly<Record<string, unknown>> = {}) {
    const context = memoryContext({ cwd: root });
    const code = await audit.run(
      { model, ...readOptions(audit, { data, eps: [eps], threat, preset: 'encoder', workers: '1', device: 'cpu', ...flags }) },
      context,
    );
    return { code, context, report: check(AuditReport, context.results[0], 'audit.json') };
  }

  it('moves embeddings exactly as far as the radius allows, from random starts', async () => {
    // Every mean moves by epsilon at most, all pixels being far from 0 and 1: the embedding by epsilon in each of three channels.
    const epsilon = 2 / 255;
    const nearest = nearestDistances(means, 3, 'l2');
    const { code, report, context } = await run('embedding-distance', '2/255');
    assert.equal(code, 0, context.lines.join('\n'));
    const [result] = report.results;
    assert.equal(result!.cleanAccuracy, 1);
    assert.equal(result!.robustCorrect, nearest.filter((distance) => 3 * epsilon ** 2 < distance).length);
    assert.ok(result!.robustCorrect > 0 && result!.robustCorrect < result!.images);
    const largest = Math.max(...nearest.map((distance) => (3 * epsilon ** 2) / distance));
    assert.ok(Math.abs(result!.displacement!.largest / largest - 1) < 1e-2, `${result!.displacement!.largest}, expected ${largest}`);
  });

  it('has no gradient at the clean image itself, which it says', async () => {
    const { report } = await run('embedding-distance', '2/255', { preset: undefined, attack: 'fgsm' });
    assert.ok(report.flags.some(({ code, severity }) => code === 'zero-gradients' && severity === 'critical'));
  });

  it('turns embeddings, makes others the nearest, and takes images for other classes', async () => {
    for (const threat of ['embedding-cosine', 'retrieval', 'prototypes']) {
      const [small, large] = [await run(threat, '0.0001'), await run(threat, '30/255')];
      assert.deepEqual(
        small.report.flags.filter(({ severity }) => severity === 'critical'),
        [],
      );
      assert.ok(small.report.results[0]!.robustAccuracy > 0.5, threat);
      assert.ok(large.report.results[0]!.robustAccuracy < 0.5, threat);
      assert.equal(large.report.threatModel.name, threat);
    }
  });

  it('needs several images', async () => {
    await assert.rejects(run('retrieval', '1/255', { limit: '1' }), /several images, and the data has 1/);
  });
});
