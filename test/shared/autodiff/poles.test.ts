/** @file Zeros at which a quotient or a root has its pole: what passes no gradient there passes 0, and not 0 times infinity. */
import assert from 'node:assert/strict';
import { gradient, onesLike } from '@robenc/shared/autodiff/vjp.js';
import type { GraphBuilder } from '@robenc/shared/graph/builder.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import { floats, numbersOf, type Value } from '@robenc/shared/graph/value.js';
import { mayBeInfinite } from '@robenc/shared/ops/finite.js';
import { newBuilder } from '@robenc/shared/ops/index.js';
import { openSession } from '@robenc/shared/runtime/session.js';

const X = [-1, 0, 0, 4];

/** The gradient of the sum of a function of x [1,1,2,2]. */
async function slopeOf(fn: (g: GraphBuilder, x: Value) => Value, list: readonly number[] = X): Promise<number[]> {
  const g = newBuilder();
  const x = g.input('x', 'float32', [1, 1, 2, 2]);
  const y = fn(g, x);
  g.output('slope', gradient(g, [{ value: y, cotangent: onesLike(g, y) }], [x])[0]!);
  const session = await openSession(toOnnx(g.build('poles')), { threads: 1 });
  const { slope } = await session.run({ x: floats(list, [1, 1, 2, 2]) }).finally(() => session.close());
  return numbersOf(slope!);
}

const root = (g: GraphBuilder, x: Value): Value => g.node('Sqrt', [x]);

describe('gradients at poles', () => {
  const rectified: Readonly<Record<string, (g: GraphBuilder, x: Value) => Value>> = {
    Relu: (g, x) => g.node('Relu', [x]),
    ReLU6: (g, x) => g.node('Clip', [x, g.scalar(0), g.scalar(6)]),
    'Max with a constant': (g, x) => g.node('Max', [g.constant(floats([0, 0], [2])), x]),
    'Where a comparison masks': (g, x) => g.node('ThresholdedRelu', [x], { alpha: 0.5 }),
  };
  for (const [title, fn] of Object.entries(rectified))
    it(`√ of ${title}: 0 where nothing passes, as in PyTorch`, async () => {
      assert.deepEqual(await slopeOf((g, x) => root(g, fn(g, x))), [0, 0, 0, 0.25]);
    });

  it('Clip passes what reaches the ends of its range, and nothing from beyond', async () => {
    const slope = await slopeOf((g, x) => root(g, g.node('Clip', [x, g.scalar(0), null])));
    assert.deepEqual(slope, [0, Infinity, Infinity, 0.25]);
  });

  it('a strided convolution spreads what is infinite without making its neighbours NaN', async () => {
    const fn = (g: GraphBuilder, x: Value): Value => {
      const wide = g.node('Expand', [x, g.ints([1, 16, 2, 2])]);
      const filters = g.constant(floats(new Float32Array(16).fill(1), [1, 16, 1, 1]));
      return root(g, g.node('Conv', [wide, filters], { kernel_shape: [1, 1], strides: [2, 2] }));
    };
    assert.deepEqual(await slopeOf(fn, [0, 1, 1, 1]), [Infinity, 0, 0, 0]);
  });

  it('norms of zero vectors have the gradient 0', async () => {
    const zeros = [0, 0, 3, 4];
    const norm = (g: GraphBuilder, x: Value): Value => g.node('ReduceL2', [x, g.ints([3])], { keepdims: 1 });
    const close = (got: readonly number[], wanted: readonly number[]): void =>
      wanted.forEach((value, i) => assert.ok(Math.abs(got[i]! - value) < 1e-6, `${got} instead of ${wanted}`));
    close(await slopeOf(norm, zeros), [0, 0, 0.6, 0.8]);
    const unit = (g: GraphBuilder, x: Value): Value => g.div(x, g.node('Max', [norm(g, x), g.scalar(0.5)]));
    // (1 - y Σ y) / norm for the second row; the first is only divided.
    close(await slopeOf(unit, zeros), [2, 2, (1 - 0.6 * 1.4) / 5, (1 - 0.8 * 1.4) / 5]);
    close((await slopeOf((g, x) => g.node('LpNormalization', [x], { axis: 3, p: 2 }), zeros)).slice(2), [(1 - 0.6 * 1.4) / 5, (1 - 0.8 * 1.4) / 5]);
    close(await slopeOf((g, x) => g.node('LpPool', [x], { kernel_shape: [1, 2], p: 2 }), zeros), [0, 0, 0.6, 0.8]);
  });

  it('a power with the exponent 0 does not change, at 0 either', async () => {
    assert.deepEqual(await slopeOf((g, x) => g.node('Pow', [x, g.constant(floats([0, 1, 0, 2], [2, 2]))])), [0, 1, 0, 8]);
  });

  it('says of losses and layers that they are finite, and of roots and quotients that they may not be', () => {
    const g = newBuilder();
    const x = g.input('x', 'float32', ['batch', 4]);
    const layer = g.node('Relu', [g.node('MatMul', [x, g.constant(floats(new Float32Array(16).fill(1), [4, 4]))])]);
    assert.equal(mayBeInfinite(g.div(layer, g.scalar(2))), false);
    assert.equal(mayBeInfinite(g.node('Softmax', [g.div(x, layer)])), false);
    assert.equal(mayBeInfinite(g.mul(x, g.div(x, layer))), true);
    assert.equal(mayBeInfinite(g.div(x, g.node('Sqrt', [g.add(g.mul(x, x), g.scalar(1e-5))]))), false);
    assert.equal(mayBeInfinite(g.div(x, g.node('Sqrt', [g.mul(x, x)]))), true);
    assert.equal(mayBeInfinite(g.mul(x, g.node('Reciprocal', [g.node('Sqrt', [g.parameter(floats(new Float32Array(8192).fill(2), [2048, 4]), 'w')])]))), false);
  });
});
