/** @file Robust accuracy counts over all images, falls with the radius, and does not depend on batches, order or workers. */
import assert from 'node:assert/strict';
import type { Attack } from '@robenc/shared/attacks/attack.js';
import { gather } from '@robenc/shared/attacks/batch.js';
import { pgd, type PgdOptions } from '@robenc/shared/attacks/pgd.js';
import { epsilonText, robustAccuracy, type RobustAccuracyJob } from '@robenc/shared/evaluation/robust-accuracy.js';
import { linearOracle, randomImages } from '../attacks/linear-oracle.js';

const seed = 11;
const epsilons = [0.005, 0.03, 0.1];

describe('robust accuracy', () => {
  const oracle = linearOracle(12, 4, seed);

  async function job(overrides: Partial<RobustAccuracyJob> = {}): Promise<RobustAccuracyJob> {
    const { x, labels } = await randomImages(oracle, [3, 2, 2], 40, seed);
    for (let i = 0; i < 10; i++) labels[i] = (labels[i]! + 1) % 4;
    const options = epsilons.map((epsilon): PgdOptions => ({ epsilon }));
    return { oracle, labels, images: (indices) => gather(x, indices), attack: pgd, options, seed, batchSize: 16, parallel: 2, ...overrides };
  }

  it('counts images that are wrong from the start as not robust, over all images', async () => {
    const { clean, results, records } = await robustAccuracy(await job());
    assert.deepEqual([clean.successes, clean.trials], [30, 40]);
    assert.ok(results.every(({ robust }) => robust.trials === 40 && robust.successes <= 30));
    assert.ok(records.slice(0, 10).every(({ at }) => at.every(({ broken, linf, foundAt }) => broken && linf === 0 && foundAt === 0)));
  });

  it('falls with the radius and attacks no image twice that is broken already', async () => {
    const { results, records } = await robustAccuracy(await job({ options: [0.1, 0.005, 0.03].map((epsilon): PgdOptions => ({ epsilon })) }));
    assert.deepEqual(
      results.map(({ epsilon }) => epsilon),
      epsilons,
    );
    const hits = results.map(({ robust }) => robust.successes);
    assert.ok(hits[0]! > hits[1]! && hits[1]! > hits[2]!, hits.join());
    for (const { at } of records)
      for (const [e, entry] of at.entries())
        if (e > 0 && at[e - 1]!.broken) assert.deepEqual([entry.broken, entry.iterations, entry.foundAt], [true, 0, at[e - 1]!.foundAt]);
    assert.deepEqual(
      results.map(({ gradients }) => gradients),
      epsilons.map((_, e) => records.reduce((sum, { at }) => sum + at[e]!.iterations, 0)),
    );
  });

  it('gives the same records for batches of 1, 7 and 64, and for 1 and 4 batches at once', async () => {
    const { records } = await robustAccuracy(await job());
    for (const [batchSize, parallel] of [
      [1, 4],
      [7, 1],
      [64, 1],
    ] as const)
      assert.deepEqual((await robustAccuracy(await job({ batchSize, parallel }))).records, records);
  });

  it('does not believe an attack whose point the model classifies correctly, or that left the ball', async () => {
    const liar = (shift: number): Attack => ({
      ...pgd,
      run: async (attackJob) =>
        (await pgd.run(attackJob)).map((outcome) => ({
          ...outcome,
          broken: true,
          adversarial: outcome.broken ? outcome.adversarial.map((value) => (value > 0.5 ? value - shift : value + shift)) : outcome.adversarial,
        })),
    });
    const honest = await robustAccuracy(await job());
    const lied = await robustAccuracy(await job({ attack: liar(0) }));
    assert.deepEqual(
      lied.results.map(({ robust }) => robust.successes),
      honest.results.map(({ robust }) => robust.successes),
    );
    assert.ok(lied.unverified > 0);
    const outside = await robustAccuracy(await job({ attack: liar(0.5) }));
    assert.ok(outside.results.every(({ robust }) => robust.successes === 30));
    assert.equal(honest.unverified, 0);
  });

  it('reports progress up to the number of images and stops on its signal', async () => {
    const seen: number[] = [];
    await robustAccuracy(await job({ progress: ({ done, total, note }) => seen.push(done) && assert.match(`${total} ${note}`, /^40 clean \d.*at 0\.005 /) }));
    assert.equal(seen.at(-1), 40);
    await assert.rejects(robustAccuracy(await job({ signal: AbortSignal.abort() })), { code: 'cancelled' });
  });

  it('prints radii as levels of 255 where they are', () => {
    assert.deepEqual([8 / 255, 0.5 / 255, 0.03, 0, 1].map(epsilonText), ['8/255', '0.5/255', '0.03', '0', '255/255']);
  });
});
