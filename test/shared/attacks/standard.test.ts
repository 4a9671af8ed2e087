/** @file The standard ensemble breaks what any of its attacks breaks, and stops working on an image once it is broken. */
import assert from 'node:assert/strict';
import { apgdT } from '@robenc/shared/attacks/apgd-t.js';
import { apgd } from '@robenc/shared/attacks/apgd.js';
import { fabT } from '@robenc/shared/attacks/fab-t.js';
import { square } from '@robenc/shared/attacks/square.js';
import { standard } from '@robenc/shared/attacks/standard.js';
import { linearOracle, randomImages } from './linear-oracle.js';

const seed = 12;

describe('the standard ensemble', () => {
  it('gives the point-wise worst case of its four attacks', async () => {
    const oracle = linearOracle(48, 10, seed, 0.3);
    const { x, labels } = await randomImages(oracle, [3, 4, 4], 30, seed);
    const job = { oracle, x, labels, seed };
    const options = { epsilon: 0.02, steps: 20 };
    const parts = [
      await apgd.run({ ...job, options }),
      await apgdT.run({ ...job, options }),
      await fabT.run({ ...job, options }),
      await square.run({ ...job, options: { epsilon: 0.02, queries: 500 } }),
    ];
    const whole = await standard.run({ ...job, options: { ...options, queries: 500 } });
    const expected = [...labels.keys()].map((i) => parts.some((outcomes) => outcomes[i]!.broken));
    assert.deepEqual(
      whole.map(({ broken }) => broken),
      expected,
    );
    assert.ok(expected.includes(true) && expected.includes(false));
    for (const [i, { broken, iterations }] of whole.entries()) {
      if (parts[0]![i]!.broken) assert.equal(iterations, parts[0]![i]!.iterations);
      // A start and 20 steps of apgd, 9 times the same of apgd-t, 9 times 20 steps of fab-t.
      if (!broken) assert.equal(iterations, 21 + 9 * 21 + 9 * 20);
    }
  });

  it('refuses an oracle without gradients of margins before it starts', async () => {
    const { marginAndGradient: _none, ...oracle } = linearOracle(48, 10, seed, 0.3);
    const { x, labels } = await randomImages(oracle, [3, 4, 4], 2, seed);
    oracle.gradientSizes.length = 0;
    await assert.rejects(standard.run({ oracle, x, labels, seed, options: { epsilon: 0.02 } }), { code: 'unsupported' });
    assert.deepEqual(oracle.gradientSizes, []);
  });

  it('has the published constants', () => {
    assert.deepEqual(standard.complete({ epsilon: 0.1 }), { epsilon: 0.1, norm: 'linf', steps: 100, targets: 9, queries: 5000 });
  });
});
