/** @file FGSM and PGD follow an independent implementation step by step. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createBatch } from '@robenc/shared/attacks/batch.js';
import { fgsm } from '@robenc/shared/attacks/fgsm.js';
import { pgd } from '@robenc/shared/attacks/pgd.js';
import { openOracle, type OpenOracle } from '@robenc/shared/evaluation/oracle.js';
import { fromOnnx } from '@robenc/shared/graph/from-onnx.js';
import { folderOrSkip } from '../../skip.js';

interface Case {
  readonly model: string;
  readonly epsilon: number;
  readonly stepSize: number;
  readonly steps: number;
  readonly images: { readonly shape: readonly number[] };
  readonly lossPerStep: readonly number[];
  readonly finalLossPerImage: readonly number[];
  readonly finalPrediction: readonly number[];
}

describe('attacks against reference values', () => {
  let oracle: OpenOracle;
  let fixtures: string;

  before(async function () {
    fixtures = folderOrSkip(this, 'ROBENC_FIXTURES');
    folderOrSkip(this, 'ROBENC_FIXTURES', 'reference/attacks');
    oracle = await openOracle(fromOnnx(join(fixtures, 'onnx-gradients/small_resnet/model.onnx')), { workers: 1 });
  });

  after(() => oracle?.close());

  function load(name: string) {
    const folder = join(fixtures, 'reference/attacks', name);
    const reference = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as Case;
    const bytes = readFileSync(join(folder, 'images.f32'));
    const labels = readFileSync(join(folder, 'labels.i64'));
    return {
      reference,
      x: createBatch(new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)), reference.images.shape.slice(1)),
      labels: Int32Array.from({ length: labels.length / 8 }, (_, i) => Number(labels.readBigInt64LE(8 * i))),
    };
  }

  function assertClose(actual: number, expected: number, what: string): void {
    assert.ok(Math.abs(actual - expected) <= 1e-4 * Math.abs(expected), `${what}: ${actual}, expected ${expected}`);
  }

  for (const name of ['fgsm_8_255', 'pgd_4_255', 'pgd_8_255'])
    it(`${name}: the loss before every step, and final losses and predictions`, async () => {
      const { reference, x, labels } = load(name);
      const { epsilon, stepSize, steps } = reference;
      const outcomes = await pgd.run({ oracle, x, labels, options: { epsilon, stepSize, steps, randomStart: false, trace: true }, seed: 0 });
      for (const [step, expected] of reference.lossPerStep.entries())
        assertClose(outcomes.reduce((sum, { trace }) => sum + trace!.losses[step]!, 0) / x.count, expected, `step ${step}`);
      for (const [i, { trace }] of outcomes.entries()) {
        assertClose(trace!.losses[steps]!, reference.finalLossPerImage[i]!, `image ${i}`);
        assert.equal(trace!.predictions[steps], reference.finalPrediction[i], `image ${i}`);
      }
    });

  it('fgsm ends where one step of pgd from the image ends', async () => {
    const { reference, x, labels } = load('fgsm_8_255');
    const outcomes = await fgsm.run({ oracle, x, labels, options: { epsilon: reference.epsilon }, seed: 0 });
    for (const [i, outcome] of outcomes.entries()) {
      assertClose(outcome.lossAfter, reference.finalLossPerImage[i]!, `image ${i}`);
      assert.equal(outcome.adversarialPrediction, reference.finalPrediction[i]);
    }
  });

  it('finds the loss of the first step in the losses before the attack', async () => {
    const { reference, x, labels } = load('pgd_8_255');
    const outcomes = await pgd.run({ oracle, x, labels, options: { epsilon: reference.epsilon, steps: 1 }, seed: 0 });
    assertClose(outcomes.reduce((sum, { lossBefore }) => sum + lossBefore, 0) / x.count, reference.lossPerStep[0]!, 'mean');
  });
});
