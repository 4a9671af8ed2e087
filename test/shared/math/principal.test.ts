/** @file Principal components of clouds whose directions are known. */
import assert from 'node:assert/strict';
import { principalComponents } from '@robenc/shared/math/principal.js';
import { Random } from '@robenc/shared/math/random.js';

describe('principal components', () => {
  it('find the directions in which a cloud was stretched, with their shares of the variance', () => {
    const random = new Random(5, 'cloud');
    const [count, size] = [2000, 6];
    // Orthogonal directions and their deviations.
    const along = [0.6, 0.8, 0, 0, 0, 0];
    const across = [0, 0, 0, 1, 0, 0];
    const points = new Float32Array(count * size);
    const [first, second] = [new Float64Array(count), new Float64Array(count)];
    for (let i = 0; i < count; i++) {
      first[i] = 5 * random.normal();
      second[i] = 2 * random.normal();
      for (let j = 0; j < size; j++) points[i * size + j] = 7 + first[i]! * along[j]! + second[i]! * across[j]! + 0.1 * random.normal();
    }
    const { coordinates, shares } = principalComponents(points, size);
    const correlation = (known: Float64Array, component: number) => {
      const found = Float64Array.from(known, (_, i) => coordinates[2 * i + component]!);
      const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
      return dot(known, found) / Math.sqrt(dot(known, known) * dot(found, found));
    };
    assert.ok(correlation(first, 0) > 0.999, `${correlation(first, 0)}`);
    assert.ok(correlation(second, 1) > 0.99, `${correlation(second, 1)}`);
    assert.ok(Math.abs(shares[0]! - 25 / 29.06) < 0.02 && Math.abs(shares[1]! - 4 / 29.06) < 0.02, shares.join());
  });

  it('of points that are all the same, and of one point, are zeros', () => {
    for (const count of [1, 4]) {
      const { coordinates, shares } = principalComponents(new Float32Array(count * 3).fill(2), 3);
      assert.ok(coordinates.every((value) => value === 0));
      assert.deepEqual(shares, [0, 0]);
    }
  });
});
