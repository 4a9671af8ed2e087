/** @file Networks of convolutions and gradients of filters, to be put in blocks, and how their answers are compared. */
import { gradient, onesLike } from '@robenc/shared/autodiff/vjp.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import type { Graph } from '@robenc/shared/graph/value.js';
import { Random } from '@robenc/shared/math/random.js';
import { newBuilder } from '@robenc/shared/ops/index.js';
import { openSession } from '@robenc/shared/runtime/session.js';
import type { Tensors } from '@robenc/shared/runtime/types.js';

/** Two convolutions with a ReLU between them, and the gradients of the sum of squares by image and filters. */
export function network(channels: number, stride: number, images = 2): Graph {
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
export function weightGradient(channels: number, images: number, { stride, kernel, pads }: { stride: number; kernel: number; pads: readonly number[] }): Graph {
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

/** The answers to feeds from a seed, on one thread. */
export async function run(graph: Graph): Promise<Tensors> {
  const session = await openSession(toOnnx(graph), { device: 'cpu', threads: 1 });
  try {
    return await session.run(feedsOf(graph));
  } finally {
    await session.close();
  }
}

/** Greatest difference of two answers, beside the greatest value. */
export function difference(a: Tensors, b: Tensors): number {
  const errors = Object.entries(a).map(([name, { data }]) => {
    const [values, others] = [data as Float32Array, b[name]!.data as Float32Array];
    const most = Math.max(...values.map(Math.abs));
    return Math.max(...values.map((value, i) => Math.abs(value - others[i]!))) / most;
  });
  return Math.max(...errors);
}

/** How many of its convolutions are in blocks. */
export const blocked = ({ nodes }: Graph) => nodes.filter(({ op, domain }) => op === 'Conv' && domain === 'com.microsoft.nchwc').length;
