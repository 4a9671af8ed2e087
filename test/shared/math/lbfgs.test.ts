/** @file L-BFGS finds minima that are known. */
import assert from 'node:assert/strict';
import { lbfgs } from '@robenc/shared/math/lbfgs.js';

const options = { maxIterations: 300, tolerance: 1e-6 };

describe('L-BFGS', () => {
  it('minimises an ill-conditioned quadratic in few iterations', async () => {
    const scales = Float64Array.from({ length: 30 }, (_, i) => 10 ** (i / 10));
    const goal = Float64Array.from({ length: 30 }, (_, i) => Math.sin(i));
    const result = await lbfgs(
      new Float64Array(30),
      async (x) => ({
        value: x.reduce((sum, value, i) => sum + (scales[i]! / 2) * (value - goal[i]!) ** 2, 0),
        gradient: x.map((value, i) => scales[i]! * (value - goal[i]!)),
      }),
      options,
    );
    assert.ok(result.converged && result.iterations < 250, `${result.iterations} iterations`);
    result.point.forEach((value, i) => assert.ok(Math.abs(value - goal[i]!) < 1e-5));
  });

  it('follows the curved valley of Rosenbrock to (1, 1)', async () => {
    const { point } = await lbfgs(
      Float64Array.of(-1.2, 1),
      async (at) => {
        const [x, y] = [at[0]!, at[1]!];
        return { value: (1 - x) ** 2 + 100 * (y - x * x) ** 2, gradient: Float64Array.of(-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)) };
      },
      options,
    );
    assert.ok(Math.abs(point[0]! - 1) < 1e-6 && Math.abs(point[1]! - 1) < 1e-6);
  });

  it('stops at once in a minimum, and says when the iterations ran out', async () => {
    const square = async (x: Float64Array) => ({ value: x[0]! ** 4, gradient: Float64Array.of(4 * x[0]! ** 3) });
    assert.deepEqual(await lbfgs(Float64Array.of(0), square, options), { point: Float64Array.of(0), value: 0, iterations: 0, converged: true });
    assert.equal((await lbfgs(Float64Array.of(2), square, { ...options, maxIterations: 2 })).converged, false);
  });
});
