/** @file A point that a second look does not confirm is demoted, and counted. */
import assert from 'node:assert/strict';
import { createBatch } from '@robenc/shared/attacks/batch.js';
import { attacks } from '@robenc/shared/attacks/index.js';
import { Random } from '@robenc/shared/math/random.js';
import type { WorkPlan } from '@robenc/audit/work/plan.js';
import { attack } from '@robenc/audit/work/stages/attack.js';
import { linearOracle } from '../shared/attacks/linear-oracle.js';

const [SIZE, CLASSES, COUNT] = [12, 4, 20];

describe('a claim of an attack', () => {
  it('counts as broken where a second copy of the model agrees, and else as refuted', async () => {
    const oracle = linearOracle(SIZE, CLASSES, 1);
    const random = new Random(2, 'refuted');
    const x = createBatch(
      Float32Array.from({ length: COUNT * SIZE }, () => random.uniform(0.3, 0.7)),
      [3, 2, 2],
    );
    const logits = await oracle.forward(x);
    const labels = Int32Array.from({ length: COUNT }, (_, row) => {
      const own = logits.subarray(row * CLASSES, (row + 1) * CLASSES);
      return own.indexOf(Math.max(...own));
    });
    const options = attacks.get('pgd').complete({ epsilon: 0.3 });
    const stage = { kind: 'attack', name: 'pgd', epsilon: 0.3, options } as const;
    const item = { id: 'item', stage, chunk: { x, labels, feeds: {} }, rows: [...labels.keys()] };
    const plan = { seed: 0, votes: 1 } as WorkPlan;
    const signal = new AbortController().signal;
    const honest = await attack.run(item, { plan, oracle, verifier: oracle, signal });
    const claims = honest.rows.filter(({ broken }) => broken).length;
    assert.ok(claims > COUNT / 2);
    assert.equal(honest.points.length, claims * SIZE);
    // A second copy that sees every image as it was: no point stands.
    const stubborn = {
      classes: CLASSES,
      forward: async ({ ids }: { ids: readonly (string | number)[] }) => {
        const row = Number(ids[0]);
        return logits.slice(row * CLASSES, (row + 1) * CLASSES);
      },
    };
    const refuted = await attack.run(item, { plan, oracle, verifier: stubborn, signal });
    assert.deepEqual([refuted.rows.filter(({ broken }) => broken).length, refuted.rows.filter((row) => row.refuted).length], [0, claims]);
    assert.equal(refuted.points.length, 0);
  });
});
