/** @file PGD finds the smallest perturbations that are known in closed form, and loses no misclassified iterate. */
import assert from 'node:assert/strict';
import type { Oracle } from '@robenc/shared/attacks/attack.js';
import { createBatch } from '@robenc/shared/attacks/batch.js';
import { pgd } from '@robenc/shared/attacks/pgd.js';
import { linearOracle, randomImages } from './linear-oracle.js';

const seed = 4;

describe('pgd', () => {
  const size = 27;
  const oracle = linearOracle(size, 2, seed);

  for (const norm of ['linf', 'l2'] as const)
    it(`breaks a linear model just above the closed-form ${norm} distance and not just below`, async () => {
      const { x, labels } = await randomImages(oracle, [3, 3, 3], 6, seed, [0.49, 0.51]);
      for (let i = 0; i < x.count; i++) {
        const image = createBatch(x.data.slice(i * size, (i + 1) * size), [3, 3, 3], [i]);
        const logits = await oracle.forward(image);
        const margin = Math.abs(logits[0]! - logits[1]!);
        const difference = Array.from({ length: size }, (_, j) => oracle.weights[j]! - oracle.weights[size + j]!);
        const dual = norm === 'linf' ? difference.reduce((sum, w) => sum + Math.abs(w), 0) : Math.hypot(...difference);
        const smallest = margin / dual;
        const broken = async (epsilon: number) =>
          (await pgd.run({ oracle, x: image, labels: labels.subarray(i, i + 1), options: { epsilon, norm }, seed }))[0]!.broken;
        assert.equal(await broken(0.999 * smallest), false);
        assert.equal(await broken(1.001 * smallest), true);
      }
    });

  it('keeps a misclassified iterate that a later step leaves again', async () => {
    // One pixel; class 1 only inside a narrow band, which a step of 0.1 enters and the next leaves for class 0 again.
    const banded: Oracle = {
      classes: 2,
      forward: async (x) => Float32Array.from([...x.data].flatMap((v) => (v > 0.55 && v < 0.65 ? [0, 1] : [1, 0]))),
      lossAndGradient: async (x) => ({ loss: new Float32Array(x.count), logits: await banded.forward(x), gradient: new Float32Array(x.count).fill(1) }),
    };
    for (const earlyStop of [true, false]) {
      const options = { epsilon: 0.4, stepSize: 0.1, steps: 4, randomStart: false, earlyStop };
      const [outcome] = await pgd.run({ oracle: banded, x: createBatch(Float32Array.of(0.5), [1]), labels: Int32Array.of(0), options, seed });
      assert.equal(outcome!.broken, true);
      assert.ok(Math.abs(outcome!.adversarial[0]! - 0.6) < 1e-6);
      assert.equal(outcome!.iterations, earlyStop ? 2 : 4);
    }
  });

  it('works only on survivors once images are broken', async () => {
    const model = linearOracle(size, 3, seed);
    const { x, labels } = await randomImages(model, [3, 3, 3], 30, seed);
    model.gradientSizes.length = 0;
    const outcomes = await pgd.run({ oracle: model, x, labels, options: { epsilon: 0.1 }, seed });
    const spent = outcomes.reduce((sum, { iterations }) => sum + iterations, 0);
    assert.equal(
      spent,
      model.gradientSizes.reduce((sum, count) => sum + count, 0),
    );
    assert.ok(spent < 30 * 20, `${spent} gradients`);
    assert.ok(model.gradientSizes.every((count, i) => i === 0 || count <= model.gradientSizes[i - 1]!));
    const verdicts = (await pgd.run({ oracle: model, x, labels, options: { epsilon: 0.1, earlyStop: false }, seed })).map(({ broken }) => broken);
    assert.deepEqual(
      outcomes.map(({ broken }) => broken),
      verdicts,
    );
  });

  it('gives another random start with another seed, and the same with the same', async () => {
    const { x, labels } = await randomImages(oracle, [3, 3, 3], 1, seed);
    const start = async (chosen: number) =>
      (await pgd.run({ oracle, x, labels, options: { epsilon: 1e-4, steps: 1, stepSize: 1e-9 }, seed: chosen }))[0]!.adversarial;
    assert.deepEqual(await start(1), await start(1));
    assert.notDeepEqual(await start(1), await start(2));
  });

  it('counts zero and non-finite gradients instead of turning pixels into NaN', async () => {
    const strange: Oracle = {
      classes: 2,
      forward: async (x) => Float32Array.from({ length: x.count * 2 }, (_, i) => 1 - (i % 2)),
      lossAndGradient: async (x) => ({
        loss: new Float32Array(x.count),
        logits: await strange.forward(x),
        gradient: Float32Array.from(x.data, (_, i) => (i < 2 ? 0 : NaN)),
      }),
    };
    const x = createBatch(Float32Array.of(0.1, 0.2, 0.3, 0.4), [2]);
    for (const norm of ['linf', 'l2'] as const) {
      const outcomes = await pgd.run({ oracle: strange, x, labels: Int32Array.of(0, 0), options: { epsilon: 0.1, steps: 3, norm }, seed });
      assert.deepEqual(
        outcomes.map(({ zeroGradients, nonFiniteGradients }) => [zeroGradients, nonFiniteGradients]),
        [
          [3, 0],
          [0, 3],
        ],
      );
      assert.ok(outcomes.every(({ adversarial }) => adversarial.every(Number.isFinite)));
    }
  });

  it('counts a model that answers NaN as broken, with no prediction', async () => {
    const silent: Oracle = { ...oracle, forward: async (x) => new Float32Array(2 * x.count).fill(NaN) };
    const [outcome] = await pgd.run({
      oracle: silent,
      x: createBatch(new Float32Array(size), [size]),
      labels: Int32Array.of(0),
      options: { epsilon: 0.1 },
      seed,
    });
    assert.deepEqual([outcome!.broken, outcome!.cleanPrediction], [true, -1]);
  });

  it('refuses options that contradict each other', () => {
    assert.throws(() => pgd.complete({ epsilon: 0.1, restarts: 2, randomStart: false }), /restarts is 2, but without randomStart/);
    assert.throws(() => pgd.complete({ epsilon: 0.1, trace: true, earlyStop: true }), /trace records every iterate/);
  });

  it('fills in every constant', () => {
    const expected = { epsilon: 0.04, norm: 'linf', steps: 20, stepSize: 0.01, randomStart: true, restarts: 1, earlyStop: true, trace: false };
    assert.deepEqual(pgd.complete({ epsilon: 0.04 }), expected);
  });
});
