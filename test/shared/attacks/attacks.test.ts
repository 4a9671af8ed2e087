/** @file Every attack in the table keeps the promises that all attacks make. */
import assert from 'node:assert/strict';
import type { TObject } from '@sinclair/typebox';
import type { Attack, Batch, Outcome } from '@robenc/shared/attacks/attack.js';
import { gather } from '@robenc/shared/attacks/batch.js';
import { attacks } from '@robenc/shared/attacks/index.js';
import type { NormName } from '@robenc/shared/attacks/norms.js';
import { linearOracle, predictions, randomImages } from './linear-oracle.js';

const shape = [3, 4, 4];
const seed = 20;
const byId = (outcomes: readonly Outcome[]) => new Map(outcomes.map((outcome) => [outcome.id, outcome]));

/** Shorter than the defaults, which are for images of real size. */
function short(attack: Attack): Record<string, number> {
  const known = Object.keys((attack.options as TObject).properties);
  return Object.fromEntries(Object.entries({ steps: 12, queries: 200 }).filter(([name]) => known.includes(name)));
}

for (const attack of attacks.entries)
  describe(`attack ${attack.name}`, () => {
    const oracle = linearOracle(48, 5, seed, 0.3);

    it('stays in the ball and in [0,1], also from images with pixels at 0 and 1', async () => {
      const { x } = await randomImages(oracle, shape, 12, seed, [0, 1]);
      x.data.forEach((value, i) => (x.data[i] = value < 0.2 ? 0 : value > 0.8 ? 1 : value));
      const labels = await predictions(oracle, x);
      for (const [norm, radii] of Object.entries({ linf: [0, 4 / 255, 0.3], l2: [0, 0.1, 1], l1: [0, 0.5, 4] }) as [NormName, number[]][])
        for (const epsilon of radii)
          for (const outcome of await attack.run({ oracle, x, labels, options: { ...short(attack), epsilon, norm }, seed })) {
            assert.ok(outcome[norm] <= epsilon + 1e-6, `${norm} ${outcome[norm]} at epsilon ${epsilon}`);
            assert.ok(outcome.adversarial.every((value) => value >= 0 && value <= 1));
          }
    });

    it('raises the loss of every image that it works on', async () => {
      const { x, labels } = await randomImages(oracle, shape, 12, seed);
      for (const outcome of await attack.run({ oracle, x, labels, options: { ...short(attack), epsilon: 0.02 }, seed })) {
        assert.equal(outcome.cleanPrediction, outcome.label);
        assert.ok(outcome.lossAfter > outcome.lossBefore, `image ${outcome.id}: ${outcome.lossBefore} -> ${outcome.lossAfter}`);
        assert.equal(outcome.iterations > 0, attack.blackBox !== true);
      }
    });

    it('gives the same outcome in batches of 1, 7 and 64 and in shuffled order', async () => {
      const { x, labels } = await randomImages(oracle, shape, 64, seed);
      const run = async (order: readonly number[], size: number) => {
        const outcomes: Outcome[] = [];
        for (let start = 0; start < order.length; start += size) {
          const indices = order.slice(start, start + size);
          const part: Batch = gather(x, indices);
          outcomes.push(
            ...(await attack.run({ oracle, x: part, labels: Int32Array.from(indices, (i) => labels[i]!), options: { ...short(attack), epsilon: 0.03 }, seed })),
          );
        }
        return byId(outcomes);
      };
      const order = [...labels.keys()];
      const whole = await run(order, 64);
      assert.ok([...whole.values()].some((outcome) => outcome.broken) && [...whole.values()].some((outcome) => !outcome.broken));
      assert.deepEqual(await run(order, 1), whole);
      assert.deepEqual(await run(order, 7), whole);
      const shuffled = await run([...order].reverse(), 7);
      for (const [id, outcome] of whole) assert.deepEqual(shuffled.get(id), outcome);
    });

    it('counts an image that is wrong from the start as broken without touching it', async () => {
      const { x, labels } = await randomImages(oracle, shape, 3, seed);
      labels[1] = (labels[1]! + 1) % oracle.classes;
      const outcome = (await attack.run({ oracle, x, labels, options: { epsilon: 0.01 }, seed }))[1]!;
      assert.deepEqual([outcome.broken, outcome.iterations, outcome.linf], [true, 0, 0]);
      assert.deepEqual(outcome.adversarial, x.data.slice(48, 96));
    });

    it('answers a label that the model does not have with the image and the range', async () => {
      const { x } = await randomImages(oracle, shape, 2, seed);
      const job = { oracle, x, labels: Int32Array.of(0, 5), options: { epsilon: 0.01 }, seed };
      await assert.rejects(attack.run(job), /label of image 1 is 5, but the model has the classes 0 to 4/);
      await assert.rejects(attack.run({ ...job, labels: Int32Array.of(0) }), /1 labels were given for 2 images/);
    });

    it('stops with "cancelled" when its signal has fired', async () => {
      const { x, labels } = await randomImages(oracle, shape, 2, seed);
      await assert.rejects(attack.run({ oracle, x, labels, options: { epsilon: 0.01 }, seed, signal: AbortSignal.abort() }), { code: 'cancelled' });
    });
  });

describe('the table of attacks', () => {
  it('answers a wrong name with the right ones', () => {
    assert.throws(() => attacks.get('pgdd'), /No attack "pgdd"\. Did you mean "pgd"\?/);
  });
});
