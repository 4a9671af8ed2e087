/** @file Small model packages with random weights, made by the graph builder: real graphs, real gradients, real digests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GraphRole } from '@robenc/shared/config/manifest.js';
import { differentiate } from '@robenc/shared/autodiff/differentiate.js';
import type { GraphBuilder } from '@robenc/shared/graph/builder.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import type { Graph, Value } from '@robenc/shared/graph/value.js';
import { feedsFor } from '@robenc/shared/deploy/golden.js';
import { Random } from '@robenc/shared/math/random.js';
import { newBuilder } from '@robenc/shared/ops/index.js';
import { goldenText } from '@robenc/shared/package/golden.js';
import type { WrittenPackage } from '@robenc/shared/package/stage.js';
import { writePackage } from '@robenc/shared/package/write.js';
import { openSession } from '@robenc/shared/runtime/session.js';
import type { Tensors } from '@robenc/shared/runtime/types.js';

export const CLASSES = ['circle', 'square', 'triangle', 'star', 'cross'] as const;
export const EMBEDDING_SIZE = 24;
export const SIDE = 16;

const CHANNELS = 12;

export interface FixtureOptions {
  readonly name?: string;
  readonly version?: string;
  readonly seed?: number;
  /** Leave out the patch-aggregate head. */
  readonly aggregate?: boolean;
  /** Text of golden.json; without it the package has none. */
  readonly golden?: string;
}

/** A folder for packages that `remove` takes away. */
export function modelsFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'robenc-models-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Writes a package of an untrained two-layer network for 16x16 images. */
export function writeFixture(folder: string, { name = 'tiny', version = 'auto', seed = 1, aggregate = true, golden }: FixtureOptions = {}): WrittenPackage {
  return writePackage(folder, {
    name,
    version,
    files: { ...graphsOf(seed, aggregate), ...(golden === undefined ? {} : { golden: Buffer.from(golden) }) },
    manifest: {
      createdAt: '2030-01-31T12:00:00Z',
      producer: { name: 'robenc tests', version: '0' },
      input: { name: 'image', layout: 'NCHW', channels: 'RGB', range: [0, 1], height: SIDE, width: SIDE, fit: 'cover' },
      classes: [...CLASSES],
      embeddingSize: EMBEDDING_SIZE,
      training: { method: 'none', seed, data: 'none', epochs: 0, imagesSeen: 0, minutes: 0 },
      heads: { image: { fittedOn: 'nothing' }, ...(aggregate ? { aggregate: { crops: 4, scheme: 'patches' as const, fittedOn: 'nothing' } } : {}) },
      scores: [],
      parity: [],
    },
  });
}

function graphsOf(seed: number, aggregate: boolean) {
  const classifier = graph(seed, 'classifier');
  return {
    encoder: toOnnx(graph(seed, 'encoder')),
    classifier: toOnnx(classifier),
    gradient: toOnnx(differentiate(classifier, { wrt: 'image', loss: 'cross-entropy' }).graph),
    ...(aggregate ? { aggregateHead: toOnnx(graph(seed, 'head')) } : {}),
  };
}

/** The golden file of a fixture of that seed: what its graphs answer. */
export async function goldenOf(seed: number): Promise<string> {
  const cases = new Map<GraphRole, { inputs: Tensors; outputs: Tensors }>();
  for (const [role, bytes] of Object.entries(graphsOf(seed, true))) {
    const session = await openSession(bytes, { device: 'cpu' });
    const inputs = feedsFor(session, CLASSES.length);
    cases.set(role as GraphRole, { inputs, outputs: await session.run(inputs) });
    await session.close();
  }
  return goldenText(cases, 'the tests');
}

/** image → Conv 3x3 stride 2 → Relu → flat → linear → Relu = embedding → linear = logits. */
function graph(seed: number, part: 'encoder' | 'classifier' | 'head'): Graph {
  const g = newBuilder();
  if (part === 'head') {
    g.output('logits', linear(g, g.input('embedding', 'float32', ['batch', EMBEDDING_SIZE]), CLASSES.length, new Random(seed, 'head'), 2));
    return g.build(part);
  }
  const image = g.input('image', 'float32', ['batch', 3, SIDE, SIDE]);
  const random = new Random(seed, 'encoder');
  const centred = g.sub(image, g.scalar(0.5));
  const kernel = g.constant(normal(random, [CHANNELS, 3, 3, 3], 0.6));
  const features = g.node('Relu', [g.node('Conv', [centred, kernel], { strides: [2, 2], pads: [1, 1, 1, 1] })]);
  const flat = g.reshape(features, ['batch', (CHANNELS * SIDE * SIDE) / 4]);
  const embedding = g.node('Relu', [linear(g, flat, EMBEDDING_SIZE, random, 1.5)]);
  if (part === 'encoder') g.output('embedding', embedding);
  else g.output('logits', linear(g, embedding, CLASSES.length, new Random(seed, 'head'), 2));
  return g.build(part);
}

function linear(g: GraphBuilder, x: Value, size: number, random: Random, gain: number): Value {
  const inner = x.type.shape[1] as number;
  return g.node('Gemm', [x, g.constant(normal(random, [inner, size], gain / Math.sqrt(inner))), g.constant(normal(random, [size], 0.1))]);
}

function normal(random: Random, shape: readonly number[], scale: number) {
  const size = shape.reduce((product, dim) => product * dim, 1);
  return { dtype: 'float32' as const, shape, data: Float32Array.from({ length: size }, () => scale * random.normal()) };
}
