/** @file Norms project to the ball and then to the box, and draw starts inside. */
import assert from 'node:assert/strict';
import { norms } from '@robenc/shared/attacks/norms.js';
import { Random } from '@robenc/shared/math/random.js';

describe('norms', () => {
  it('linf: projects to the ball first and to [0,1] next', () => {
    const x = Float32Array.of(0.9, -0.5, 0.52);
    norms.linf.project(x, Float32Array.of(0.5, 0.05, 0.5), 0.1);
    assert.deepEqual(x, Float32Array.of(0.6, 0, 0.52));
  });

  it('l2: shortens a change that is too long and leaves a short one alone', () => {
    const centre = Float32Array.of(0.5, 0.5);
    const x = Float32Array.of(0.8, 0.9);
    norms.l2.project(x, centre, 0.25);
    assert.ok(Math.abs(norms.l2.distance(x, centre) - 0.25) < 1e-6);
    assert.ok(Math.abs((x[0]! - 0.5) / (x[1]! - 0.5) - 0.75) < 1e-5);
    norms.l2.project(x, centre, 0.3);
    assert.ok(Math.abs(norms.l2.distance(x, centre) - 0.25) < 1e-6);
  });

  for (const norm of Object.values(norms))
    it(`${norm.name}: random starts lie in the ball and are not all alike`, () => {
      const centre = new Float32Array(10).fill(0.5);
      const distances = Array.from({ length: 200 }, (_, i) => {
        const x = centre.slice();
        norm.perturb(x, 0.1, new Random(7, norm.name, i));
        return norm.distance(x, centre);
      });
      assert.ok(Math.max(...distances) <= 0.1 + 1e-6);
      assert.ok(Math.max(...distances) > 0.095 && new Set(distances).size === 200);
    });

  for (const norm of Object.values(norms))
    it(`${norm.name}: a step has the length that was asked for, and a zero gradient moves nothing`, () => {
      const centre = new Float32Array(4).fill(0.5);
      const x = centre.slice();
      norm.ascend(x, Float32Array.of(1e-5, -3, 0, NaN), 0.1);
      assert.ok(Math.abs(norm.distance(x, centre) - 0.1) < 1e-6);
      assert.deepEqual([x[2], x[3]], [0.5, 0.5]);
      norm.ascend(x, new Float32Array(4), 0.1);
      assert.ok(Math.abs(norm.distance(x, centre) - 0.1) < 1e-6);
    });
});
