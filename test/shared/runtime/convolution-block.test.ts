/** @file Convolutions in blocks of channels: the numbers of plain ones, forward and back, and only where they fit. */
import assert from 'node:assert/strict';
import { gradient, onesLike } from '@robenc/shared/autodiff/vjp.js';
import { blockConvolutions } from '@robenc/shared/graph/passes/blocked-convolutions.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import type { Graph } from '@robenc/shared/graph/value.js';
import { Random } from '@robenc/shared/math/random.js';
import { newBuilder, operators } from '@robenc/shared/ops/index.js';
import { convolutionBlock } from '@robenc/shared/runtime/convolution-block.js';
import { openSession } from '@robenc/shared/runtime/session.js';
import type { Tensors } from '@robenc/shared/runtime/types.js';
import { skip } from '../../skip.js';

/** Two convolutions with a ReLU between them, and the gradients of the sum of squares by image and filters. */
function network(channels: number, stride: number, images = 2): Graph {
  const g = newBuilder();
  const x = g.input('x', 'float32', [images, channels, 9, 9]);
  const filters = ['first', 'second'].map((name) => g.input(name, 'float32', [channels, channels, 3, 3]));
  const attrs = { kernel_shape: [3, 3], strides: [stride, stride], pads: [1, 1, 1, 1] };
  const hidden = g.node('Relu', [g.node('Conv', [x, filters[0]!], attrs)]);
  const y = g.node('Conv', [hidden, filters[1]!], { ...attrs, strides: [1, 1] });
  const loss = g.sum(g.mul(y, y), null);
  const slopes = gradient(g, [{ value: loss, cotangent: onesLike(g, loss) }], [x, ...filters]);
  g.output('y', y);
  slopes.forEach((slope, i) => g.output(`slope${i}`, slope!));
  return g.build('network');
}

/** The gradient of 96 filters, alone. */
function weightGradient(channels: number, images: number, { stride, kernel, pads }: { stride: number; kernel: number; pads: readonly number[] }): Graph {
  const g = newBuilder();
  const x = g.input('x', 'float32', [images, channels, 10, 9]);
  const out = [10, 9].map((size, i) => Math.floor((size + pads[i]! + pads[i + 2]! - kernel) / stride) + 1);
  const dy = g.input('dy', 'float32', [images, 96, ...out]);
  const attrs = { kernel_shape: [kernel, kernel], strides: [stride, stride], pads, dilations: [1, 1], group: 1 };
  g.output('dw', g.node('ConvWeightGrad', [x, dy], attrs, { domain: 'robenc' }));
  return g.build('weight_gradient');
}

function feedsOf({ inputs }: Graph): Tensors {
  const random = new Random(3, 'feeds');
  return Object.fromEntries(
    inputs.map(({ name, type }) => {
      const shape = type.shape.map(Number);
      return [name, { dtype: 'float32' as const, shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.next() - 0.4) }];
    }),
  );
}

async function run(graph: Graph): Promise<Tensors> {
  const session = await openSession(toOnnx(graph), { device: 'cpu', threads: 1 });
  try {
    return await session.run(feedsOf(graph));
  } finally {
    await session.close();
  }
}

/** Greatest difference of two answers, beside the greatest value. */
function difference(a: Tensors, b: Tensors): number {
  const errors = Object.entries(a).map(([name, { data }]) => {
    const [values, others] = [data as Float32Array, b[name]!.data as Float32Array];
    const most = Math.max(...values.map(Math.abs));
    return Math.max(...values.map((value, i) => Math.abs(value - others[i]!))) / most;
  });
  return Math.max(...errors);
}

const blocked = ({ nodes }: Graph) => nodes.filter(({ op, domain }) => op === 'Conv' && domain === 'com.microsoft.nchwc').length;

describe('convolutions in blocks of channels', () => {
  let block: number;
  before(async function () {
    const found = await convolutionBlock();
    if (found === null) skip(this, 'ONNX Runtime has no blocked convolutions for this processor');
    block = found;
  });

  for (const stride of [1, 2])
    it(`give values and gradients of plain ones to rounding, with strides of ${stride}`, async () => {
      const plain = network(2 * block, stride, block);
      const graph = blockConvolutions(plain, operators, block);
      assert.ok(blocked(graph) >= 5, `${blocked(graph)} convolutions in blocks`);
      const error = difference(await run(plain), await run(graph));
      assert.ok(error < 1e-5, String(error));
    });

  for (const [channels, stride, kernel, pads] of [
    [2, 1, 3, [1, 1, 1, 1]],
    [6, 2, 3, [1, 1, 1, 1]],
    [3, 2, 3, [0, 1, 1, 2]],
    [2, 3, 2, [0, 0, 0, 0]],
  ] as const)
    it(`give filters their gradient: ${channels} blocks of channels, ${kernel}×${kernel} filters, strides of ${stride}, pads of ${pads.join()}`, async () => {
      const plain = weightGradient(channels * block, block, { stride, kernel, pads });
      const graph = blockConvolutions(plain, operators, block);
      assert.equal(blocked(graph), 1);
      const error = difference(await run(plain), await run(graph));
      assert.ok(error < 1e-5, String(error));
    });

  it('give filters their gradient in plain form where images do not divide into blocks, or a single block of channels is all there is', () => {
    const usual = { stride: 1, kernel: 3, pads: [1, 1, 1, 1] } as const;
    for (const [channels, images] of [
      [2 * block, block + 1],
      [block, block],
    ] as const)
      assert.equal(blocked(blockConvolutions(weightGradient(channels, images, usual), operators, block)), 0);
  });

  it('are the same twice, to the bit', async () => {
    const graph = blockConvolutions(network(block, 1), operators, block);
    assert.deepEqual(await run(graph), await run(graph));
  });

  it('stay plain where channels do not divide into blocks, or filters are constant', () => {
    assert.equal(blocked(blockConvolutions(network(block + 1, 1), operators, block)), 0);
    const g = newBuilder();
    const filters = g.constant({ dtype: 'float32', shape: [block, block, 1, 1], data: new Float32Array(block * block) });
    g.output('y', g.node('Conv', [g.input('x', 'float32', [1, block, 4, 4]), filters], {}));
    assert.equal(blocked(blockConvolutions(g.build('constant'), operators, block)), 0);
  });

  it('in blocks of another size give other numbers or none, which the trial would see', async () => {
    const plain = network(32, 1);
    const right = await run(plain);
    const wrong = await run(blockConvolutions(plain, operators, block === 16 ? 8 : 16)).then(
      (found) => difference(right, found),
      () => Infinity,
    );
    assert.ok(wrong > 1e-2, String(wrong));
  });
});
