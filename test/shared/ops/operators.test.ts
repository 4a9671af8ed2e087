/** @file Every operator against ONNX Runtime: shapes against those of its results, gradients against finite differences. */
import assert from 'node:assert/strict';
import { operatorTable } from '@robenc/shared/ops/index.js';
import { measure } from './run-sample.js';
import { titleOf } from './sample.js';
import { samples } from './samples.js';

const SEED = 1;

describe('operators', () => {
  it('have a sample each', () => {
    const sampled = new Set(samples.map((sample) => `${sample.domain ?? ''}.${sample.op}`));
    const missing = operatorTable.entries.filter((entry) => !sampled.has(`${entry.domain ?? ''}.${entry.op}`)).map((entry) => entry.op);
    assert.deepEqual(missing, []);
  });

  for (const sample of samples) {
    it(`${titleOf(sample)}: shapes are those of ONNX Runtime, and the gradient agrees with a finite difference`, async () => {
      const { inferred, given, finite, parts, slope } = await measure(sample, SEED);
      assert.deepEqual(inferred, given);
      assert.ok(finite, 'a result is not finite');
      assert.ok(parts <= 2e-5, `the operator's parts give other results, up to ${parts}`);
      if (slope)
        assert.ok(
          slope.error <= slope.tolerance,
          `seed ${SEED}: gradient ${slope.gradient}, finite difference ${slope.difference}, relative error ${slope.error.toExponential(2)} above ${slope.tolerance}`,
        );
    });
  }
});
