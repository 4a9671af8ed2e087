/** @file The attacks of AutoAttack flip their verdicts at the smallest perturbation of linear models, which is known in closed form. */
import assert from 'node:assert/strict';
import type { Attack } from '@robenc/shared/attacks/attack.js';
import { createBatch } from '@robenc/shared/attacks/batch.js';
import { attacks } from '@robenc/shared/attacks/index.js';
import type { NormName } from '@robenc/shared/attacks/norms.js';
import { linearOracle, randomImages, type LinearOracle } from './linear-oracle.js';

const seed = 6;
const shape = [3, 4, 4];
const size = 48;

/** min over the classes of margin / dual norm of the difference of the weights. */
function smallest(oracle: LinearOracle, logits: Float32Array, label: number, norm: NormName): number {
  const distances = [...logits.keys()].map((k) => {
    if (k === label) return Infinity;
    const difference = Array.from({ length: size }, (_, j) => oracle.weights[k * size + j]! - oracle.weights[label * size + j]!);
    return (logits[label]! - logits[k]!) / (norm === 'linf' ? difference.reduce((sum, w) => sum + Math.abs(w), 0) : Math.hypot(...difference));
  });
  return Math.min(...distances);
}

const cases: readonly (readonly [attack: string, options: Record<string, unknown>, title: string])[] = [
  ['apgd', { loss: 'ce' }, 'apgd on cross-entropy'],
  ['apgd', { loss: 'dlr', restarts: 5 }, 'apgd on DLR, five times'],
  ['apgd-t', {}, 'apgd-t'],
  ['fab-t', {}, 'fab-t'],
];

describe('on linear models', () => {
  for (const classes of [2, 3, 10])
    for (const norm of ['linf', 'l2'] as const)
      for (const [name, options, title] of cases) {
        // Untargeted losses climb towards one class, which need not be the nearest one where there are several.
        if (classes > 2 && name === 'apgd') continue;
        it(`${title} flips at the closed-form ${norm} distance, ${classes} classes`, async () => {
          const oracle = linearOracle(size, classes, seed, 0.3);
          const { x, labels } = await randomImages(oracle, shape, 6, seed, [0.45, 0.55]);
          const attack: Attack = attacks.get(name);
          for (let i = 0; i < x.count; i++) {
            const image = createBatch(x.data.slice(i * size, (i + 1) * size), shape, [i]);
            const distance = smallest(oracle, await oracle.forward(image), labels[i]!, norm);
            const run = async (epsilon: number) =>
              (await attack.run({ oracle, x: image, labels: labels.subarray(i, i + 1), options: { ...options, epsilon, norm }, seed }))[0]!;
            assert.equal((await run(0.999 * distance)).broken, false, `image ${i} below ${distance}`);
            assert.equal((await run(1.001 * distance)).broken, true, `image ${i} above ${distance}`);
          }
        });
      }
});
