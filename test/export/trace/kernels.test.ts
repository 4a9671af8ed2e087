/** @file Every kernel that can be traced gives in ONNX Runtime what tfjs computes. */
import assert from 'node:assert/strict';
import { kernels } from '@robenc/export/trace/kernels/index.js';
import { assertParity } from './parity.js';
import { samples } from './samples.js';

describe('Kernels of the tracer', () => {
  for (const [i, { title, kernels: named, ports, fn, tolerance }] of samples.entries()) {
    it(`${title}: the traced graph in ONNX Runtime agrees with tfjs`, async () => {
      const used = await assertParity(fn, ports, { seed: 100 + i, what: title, ...(tolerance === undefined ? {} : { tolerance }) });
      for (const name of named) assert.ok(used.includes(name), `${title} should use kernel ${name}, but used ${[...new Set(used)].join(', ')}`);
    });
  }

  it('has a sample of every kernel', () => {
    const sampled = new Set(samples.flatMap((sample) => sample.kernels));
    assert.deepEqual(
      kernels.names.filter((name) => !sampled.has(name)),
      [],
    );
  });
});
