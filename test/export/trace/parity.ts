/** @file Runs a function eagerly on tfjs's plain JavaScript backend and as a traced graph in ONNX Runtime, on the same random inputs. */
import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { trace, type Trace, type TraceOptions } from '@robenc/export/trace/trace.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import { numbersOf, sizeOf, type TensorData } from '@robenc/shared/graph/value.js';
import { Random } from '@robenc/shared/math/random.js';
import { openSession } from '@robenc/shared/runtime/session.js';

export type Fn = TraceOptions['fn'];

/** An input as the function sees it; elements are drawn from [low, high), or whole numbers below `below`. */
export interface Port {
  readonly shape: readonly number[];
  readonly dtype?: 'float32' | 'int32' | 'bool';
  readonly low?: number;
  readonly high?: number;
  readonly below?: number;
  readonly layout?: 'NCHW';
}

export type Ports = Readonly<Record<string, Port>>;
export type Feeds = Readonly<Record<string, TensorData>>;

/** Random elements for each port, in the order of axes that the function sees. */
export function draw(ports: Ports, seed: number): Record<string, TensorData> {
  return Object.fromEntries(
    Object.entries(ports).map(([name, { shape, dtype = 'float32', low = -2, high = 2, below = 3 }]) => {
      const random = new Random(seed, name);
      const numbers = Array.from({ length: sizeOf(shape) }, () =>
        dtype === 'float32' ? random.uniform(low, high) : random.integer(dtype === 'bool' ? 2 : below),
      );
      const data = dtype === 'float32' ? Float32Array.from(numbers) : dtype === 'int32' ? Int32Array.from(numbers) : Uint8Array.from(numbers);
      return [name, { dtype, shape, data }];
    }),
  );
}

/** The function's outputs on tfjs's plain JavaScript backend. */
export async function eager(fn: Fn, feeds: Feeds): Promise<Record<string, TensorData>> {
  await tf.setBackend('cpu');
  const results = tf.tidy(() => fn(tensorsOf(feeds)));
  const entries = Object.entries(results).map(([name, tensor]): [string, TensorData] => [
    name,
    { dtype: tensor.dtype as 'float32', shape: tensor.shape, data: tensor.dataSync() },
  ]);
  tf.dispose(results);
  return Object.fromEntries(entries);
}

function tensorsOf(feeds: Feeds): Record<string, tf.Tensor> {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, { dtype, shape, data }]) => [name, tf.tensor(data as Float32Array, [...shape], dtype as 'float32')]),
  );
}

/** The graph's outputs in ONNX Runtime. */
export async function run({ builder, outputs }: Pick<Trace, 'builder' | 'outputs'>, feeds: Feeds): Promise<Record<string, TensorData>> {
  for (const [name, value] of Object.entries(outputs)) builder.output(name, value);
  return runGraph(toOnnx(builder.build()), feeds);
}

/** Runs a model on the given feeds; inputs that the graph does not have are left out. */
export async function runGraph(model: Uint8Array, feeds: Feeds): Promise<Record<string, TensorData>> {
  const session = await openSession(model, { threads: 1 });
  try {
    const wanted = new Set(session.inputs.map(({ name }) => name));
    return await session.run(Object.fromEntries(Object.entries(feeds).filter(([name]) => wanted.has(name))));
  } finally {
    await session.close();
  }
}

/** The inputs of a trace for ports. */
export function inputsOf(ports: Ports): TraceOptions['inputs'] {
  return Object.entries(ports).map(([name, { shape, dtype, layout }]) => ({ name, shape, ...(dtype ? { dtype } : {}), ...(layout ? { layout } : {}) }));
}

/** Feeds in the order of axes that the graph declares. */
export function declared(ports: Ports, feeds: Feeds): Record<string, TensorData> {
  return Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, ports[name]!.layout === 'NCHW' ? channelsFirst(tensor) : tensor]));
}

function channelsFirst({ dtype, shape, data }: TensorData): TensorData {
  const [n, h, w, c] = shape as [number, number, number, number];
  const moved = Float32Array.from(data as Float32Array);
  for (let i = 0; i < n; i++)
    for (let y = 0; y < h; y++)
      for (let x = 0; x < w; x++) for (let k = 0; k < c; k++) moved[((i * c + k) * h + y) * w + x] = Number(data[((i * h + y) * w + x) * c + k]);
  return { dtype, shape: [n, c, h, w], data: moved };
}

/** |a - b| / |b| over all elements; `floor` is added to |b|, for tensors that are zero by construction. */
export function relativeError(a: TensorData, b: TensorData, floor = 1e-12): number {
  const [x, y] = [numbersOf(a), numbersOf(b)];
  const norm = (list: readonly number[]): number => Math.sqrt(list.reduce((sum, value) => sum + value * value, 0));
  return norm(x.map((value, i) => value - y[i]!)) / (norm(y) + floor);
}

/** Fails where an output has another type, shape, or elements further apart than the tolerance. */
export function assertClose(
  actual: Readonly<Record<string, TensorData>>,
  expected: Readonly<Record<string, TensorData>>,
  tolerance: number,
  what: string,
): void {
  assert.deepEqual(Object.keys(actual).sort(), Object.keys(expected).sort(), `${what}: names of the outputs`);
  for (const [name, wanted] of Object.entries(expected)) {
    const got = actual[name]!;
    assert.equal(got.dtype, wanted.dtype, `${what}: type of ${name}`);
    assert.deepEqual([...got.shape], [...wanted.shape], `${what}: shape of ${name}`);
    const error = relativeError(got, wanted);
    assert.ok(error <= tolerance, `${what}: ${name} differs by ${error.toExponential(2)} (relative L2), more than ${tolerance}`);
  }
}

/** Traces and runs a function both ways and compares. Answers the names of the kernels that it used. */
export async function assertParity(fn: Fn, ports: Ports, { seed = 1, tolerance = 2e-6, what = 'the function' } = {}): Promise<readonly string[]> {
  const feeds = draw(ports, seed);
  const expected = await eager(fn, feeds);
  const traced = trace({ inputs: inputsOf(ports), fn });
  assertClose(await run(traced, declared(ports, feeds)), expected, tolerance, `${what} (seed ${seed})`);
  return traced.kernels;
}
