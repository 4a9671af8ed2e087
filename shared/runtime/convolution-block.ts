/** @file How many channels this processor's convolutions take at a time: found by trying, since nothing tells it and a wrong number gives wrong results. */
import type { GraphBuilder } from '../graph/builder.js';
import { blockConvolutions } from '../graph/passes/blocked-convolutions.js';
import { toOnnx } from '../graph/to-onnx.js';
import type { Graph, Value } from '../graph/value.js';
import { Random } from '../math/random.js';
import { newBuilder, operators } from '../ops/index.js';
import { openSession } from './session.js';
import type { Tensors } from './types.js';

/** Of AVX-512, and of all others that have blocks at all. */
const CANDIDATES = [16, 8] as const;
/** Of the largest value; sums of some hundred products differ in the last digits with their order. */
const TOLERANCE = 1e-5;
const [IMAGES, CHANNELS, FILTERS, SIDE] = [16, 32, 48, 9];

let found: Promise<number | null> | null = null;

/** The size of a block; null where none gives the numbers of plain convolutions, as on processors for which ONNX Runtime has no such form. Tried once a process, and again after a trial that failed. */
export function convolutionBlock(): Promise<number | null> {
  return (found ??= search().catch((cause: unknown) => {
    found = null;
    throw cause;
  }));
}

async function search(): Promise<number | null> {
  const plain = sampleGraph();
  const feeds = sampleFeeds(plain);
  const right = await run(plain, feeds);
  for (const block of CANDIDATES)
    try {
      if (agree(right, await run(blockConvolutions(plain, operators, block), feeds))) return block;
    } catch {
      // The runtime does not know the form, or not with such blocks.
    }
  return null;
}

/** One convolution of every kind that encoders have, with 3×3 and 1×1 filters, whole and with strides, and the gradient of the 3×3 filters: that of 1×1 ones stays plain. */
function sampleGraph(): Graph {
  const g = newBuilder();
  const x = g.input('x', 'float32', [IMAGES, CHANNELS, SIDE, SIDE]);
  for (const [name, kernel, stride] of [
    ['usual', 3, 1],
    ['strided', 3, 2],
    ['shortcut', 1, 2],
  ] as const)
    addConvolution(g, x, name, kernel, stride);
  return g.build('convolutions');
}

function addConvolution(g: GraphBuilder, x: Value, name: string, kernel: number, stride: number): void {
  const filters = g.input(`filters/${name}`, 'float32', [FILTERS, CHANNELS, kernel, kernel]);
  const pad = (kernel - 1) / 2;
  const attrs = { kernel_shape: [kernel, kernel], strides: [stride, stride], pads: [pad, pad, pad, pad], dilations: [1, 1], group: 1 };
  const y = g.node('Conv', [x, filters], attrs);
  g.output(name, y);
  if (kernel > 1) g.output(`gradient/${name}`, g.node('ConvWeightGrad', [x, y], attrs, { domain: 'robenc' }));
}

function sampleFeeds({ inputs }: Graph): Tensors {
  const random = new Random(1, 'convolution block');
  return Object.fromEntries(
    inputs.map(({ name, type }) => {
      const shape = type.shape.map(Number);
      const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.next() - 0.5);
      return [name, { dtype: 'float32' as const, shape, data }];
    }),
  );
}

async function run(graph: Graph, feeds: Tensors): Promise<Tensors> {
  const session = await openSession(toOnnx(graph), { device: 'cpu', threads: 1 });
  try {
    return await session.run(feeds);
  } finally {
    await session.close();
  }
}

function agree(right: Tensors, tried: Tensors): boolean {
  return Object.entries(right).every(([name, { data }]) => {
    const values = data as Float32Array;
    const others = tried[name]!.data as Float32Array;
    const most = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
    return values.every((value, i) => Math.abs(value - others[i]!) <= TOLERANCE * most);
  });
}
