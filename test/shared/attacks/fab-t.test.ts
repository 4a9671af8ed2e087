/** @file FAB-T steps exactly onto hyperplanes in the box, and comes within a hundredth of the smallest perturbation. */
import assert from 'node:assert/strict';
import { fabT } from '@robenc/shared/attacks/fab-t.js';
import { stepOntoHyperplane } from '@robenc/shared/attacks/hyperplane.js';
import { norms } from '@robenc/shared/attacks/norms.js';
import { Random } from '@robenc/shared/math/random.js';
import { linearOracle, randomImages } from './linear-oracle.js';

const seed = 8;

for (const norm of ['linf', 'l2'] as const)
  describe(`fab-t in ${norm}`, () => {
    it('steps onto a hyperplane by the least norm that the box allows', () => {
      const random = new Random(seed, 'planes');
      for (let trial = 0; trial < 20; trial++) {
        const x = Float32Array.from({ length: 30 }, () => random.next());
        const weights = Float32Array.from({ length: 30 }, () => random.normal());
        const most = x.reduce((sum, value, i) => sum + Math.max(weights[i]! * (1 - value), -weights[i]! * value), 0);
        const change = 0.8 * random.next() * most;
        const step = stepOntoHyperplane(x, weights, change, norm);
        const reached = step.reduce((sum, value, i) => sum + value * weights[i]!, 0);
        assert.ok(Math.abs(reached - change) < 1e-5 * Math.max(1, change), `${reached}, asked for ${change}`);
        assert.ok(step.every((value, i) => x[i]! + value >= -1e-6 && x[i]! + value <= 1 + 1e-6));
        // The condition of a minimum: pixels that are not at the edge move by t (linf) or t |weight| (l2), and those at the edge by no more.
        const speed = (i: number) => (norm === 'linf' ? 1 : Math.abs(weights[i]!));
        const times = [...x.keys()].map((i) => Math.abs(step[i]!) / speed(i));
        const free = times.filter((_, i) => x[i]! + step[i]! > 1e-5 && x[i]! + step[i]! < 1 - 1e-5);
        assert.ok(free.length > 0 && free.every((time) => Math.abs(time - free[0]!) < 1e-4 * Math.max(1, free[0]!)));
        assert.ok(times.every((time) => time <= free[0]! * 1.001 + 1e-5));
      }
    });

    it('finds a point within 1.01 of the nearest one of a linear model', async () => {
      const size = 48;
      const oracle = linearOracle(size, 10, seed, 0.3);
      const { x, labels } = await randomImages(oracle, [3, 4, 4], 10, seed, [0.45, 0.55]);
      const logits = await oracle.forward(x);
      // One target at a time: a survivor of one goes on to the next, which a broken image does not.
      const outcomes = await fabT.run({ oracle, x, labels, options: { epsilon: 0.4 * (norm === 'l2' ? 5 : 1), norm, targets: 1, earlyStop: false }, seed });
      outcomes.forEach((outcome, i) => {
        const z = [...logits.subarray(i * 10, i * 10 + 10)];
        const label = labels[i]!;
        const target = z.map((value, k) => [k === label ? -Infinity : value, k] as const).toSorted((a, b) => b[0] - a[0])[0]![1];
        const difference = Float32Array.from({ length: size }, (_, j) => oracle.weights[target * size + j]! - oracle.weights[label * size + j]!);
        const dual = norm === 'linf' ? difference.reduce((sum, w) => sum + Math.abs(w), 0) : norms.l2.distance(difference, new Float32Array(size));
        const nearest = (z[label]! - z[target]!) / dual;
        assert.equal(outcome.broken, true);
        assert.ok(outcome[norm] <= 1.01 * nearest, `image ${i}: ${outcome[norm]}, nearest ${nearest}`);
      });
    });
  });
