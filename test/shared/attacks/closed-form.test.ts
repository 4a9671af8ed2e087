/** @file The attacks of AutoAttack flip their verdicts at the smallest perturbation of linear models, which is known in closed form. */
import assert from 'node:assert/strict';
import type { Attack } from '@robenc/shared/attacks/attack.js';
import { createBatch } from '@robenc/shared/attacks/batch.js';
import { attacks } from '@robenc/shared/attacks/index.js';
import { norms, type NormName } from '@robenc/shared/attacks/norms.js';
import { linearOracle, randomImages, type LinearOracle } from './linear-oracle.js';

const seed = 6;
const shape = [3, 4, 4];
const size = 48;

/** The smallest change that reaches another class: margin / dual norm where the box does not matter; in l1 it does, and the heaviest pixels go to its edge. */
function smallest(oracle: LinearOracle, image: Float32Array, logits: Float32Array, label: number, norm: NormName): number {
  const distances = [...logits.keys()].map((k) => {
    if (k === label) return Infinity;
    const difference = Float32Array.from({ length: size }, (_, j) => oracle.weights[k * size + j]! - oracle.weights[label * size + j]!);
    const margin = logits[label]! - logits[k]!;
    return norm === 'l1' ? heaviestFirst(image, difference, margin) : margin / norms[norm].dual(difference);
  });
  return Math.min(...distances);
}

function heaviestFirst(image: Float32Array, weights: Float32Array, margin: number): number {
  let [left, length] = [margin, 0];
  for (const j of [...weights.keys()].sort((a, b) => Math.abs(weights[b]!) - Math.abs(weights[a]!))) {
    const step = Math.min(weights[j]! > 0 ? 1 - image[j]! : image[j]!, left / Math.abs(weights[j]!));
    length += step;
    left -= step * Math.abs(weights[j]!);
    if (left <= 1e-12) return length;
  }
  return Infinity;
}

const cases: readonly (readonly [attack: string, options: Record<string, unknown>, title: string])[] = [
  ['apgd', { loss: 'ce' }, 'apgd on cross-entropy'],
  ['apgd', { loss: 'dlr', restarts: 5 }, 'apgd on DLR, five times'],
  ['apgd-t', { targets: 9 }, 'apgd-t'],
  ['fab-t', {}, 'fab-t'],
  ['fab', {}, 'fab'],
  ['ladder', {}, 'ladder'],
];

describe('on linear models', () => {
  for (const classes of [2, 3, 10])
    for (const norm of ['linf', 'l2', 'l1'] as const)
      for (const [name, options, title] of cases) {
        // Untargeted losses climb towards one class, which need not be the nearest one where there are several.
        if (classes > 2 && name === 'apgd') continue;
        it(`${title} flips at the closed-form ${norm} distance, ${classes} classes`, async () => {
          const oracle = linearOracle(size, classes, seed, 0.3);
          const { x, labels } = await randomImages(oracle, shape, 6, seed, [0.45, 0.55]);
          const attack: Attack = attacks.get(name);
          for (let i = 0; i < x.count; i++) {
            const image = createBatch(x.data.slice(i * size, (i + 1) * size), shape, [i]);
            const distance = smallest(oracle, image.data, await oracle.forward(image), labels[i]!, norm);
            const run = async (epsilon: number) =>
              (await attack.run({ oracle, x: image, labels: labels.subarray(i, i + 1), options: { ...options, epsilon, norm }, seed }))[0]!;
            assert.equal((await run(0.999 * distance)).broken, false, `image ${i} below ${distance}`);
            // The sparse steps of apgd in l1 come near the optimum, but not onto it.
            const above = norm === 'l1' && name.startsWith('apgd') ? 1.05 : 1.001;
            assert.equal((await run(above * distance)).broken, true, `image ${i} above ${distance}`);
          }
        });
      }
});
