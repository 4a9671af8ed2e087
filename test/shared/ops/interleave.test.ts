/** @file The two ways of a residual block that halves the size: their gradients are added before they are woven. */
import assert from 'node:assert/strict';
import { gradient } from '@robenc/shared/autodiff/vjp.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import { floats, type TensorData } from '@robenc/shared/graph/value.js';
import { Random } from '@robenc/shared/math/random.js';
import { newBuilder } from '@robenc/shared/ops/index.js';
import { openSession } from '@robenc/shared/runtime/session.js';

const SEED = 5;
const normal = (name: string, ...shape: number[]): TensorData => {
  const random = new Random(SEED, name);
  return floats(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()),
    shape,
  );
};

describe('the gradient of a 3×3 and a 1×1 convolution of stride 2 over one input', () => {
  it('weaves once, and is the sum of the transposed convolutions of ONNX Runtime', async () => {
    const g = newBuilder();
    const x = g.input('x', 'float32', ['batch', 16, 9, 8]);
    const dy = g.input('dy', 'float32', ['batch', 24, 5, 4]);
    const [wide, narrow] = [g.constant(normal('wide', 24, 16, 3, 3)), g.constant(normal('narrow', 24, 16, 1, 1))];
    const outputs = [
      g.node('Conv', [x, wide], { strides: [2, 2], pads: [1, 1, 1, 1], kernel_shape: [3, 3] }),
      g.node('Conv', [x, narrow], { strides: [2, 2], kernel_shape: [1, 1] }),
    ];
    const [slope] = gradient(
      g,
      outputs.map((value) => ({ value, cotangent: dy })),
      [x],
    );
    g.output('slope', slope!);
    const woven = g.build().nodes.filter(({ op }) => op === 'Interleave');
    const transposed = [
      g.node('ConvTranspose', [dy, wide], { strides: [2, 2], pads: [1, 1, 1, 1], kernel_shape: [3, 3], output_padding: [0, 1] }),
      g.node('ConvTranspose', [dy, narrow], { strides: [2, 2], kernel_shape: [1, 1], output_padding: [0, 1] }),
    ];
    g.output('expected', g.add(transposed[0]!, transposed[1]!));
    const session = await openSession(toOnnx(g.build('block')), { threads: 1 });
    const feeds = { x: normal('x', 2, 16, 9, 8), dy: normal('dy', 2, 24, 5, 4) };
    const { slope: got, expected } = await session.run(feeds, ['slope', 'expected']);
    await session.close();
    assert.equal(woven.length, 1);
    assert.deepEqual(woven[0]!.attrs['phases'], [0, 1, 2, 3]);
    assert.deepEqual(got!.shape, expected!.shape);
    const worst = Math.max(...(got!.data as Float32Array).map((value, i) => Math.abs(value - Number(expected!.data[i]))));
    assert.ok(worst < 1e-4, `differs by up to ${worst}`);
    assert.ok(Math.max(...(got!.data as Float32Array)) > 1, 'the gradient is not trivial');
  });
});
