/** @file Runs a sample: shapes as inferred beside those that ONNX Runtime gives, and the gradient beside a central finite difference in one random direction. */
import { gradient } from '@robenc/shared/autodiff/vjp.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import { isFloat, numbersOf, sizeOf, type TensorData, type Value } from '@robenc/shared/graph/value.js';
import { Random } from '@robenc/shared/math/random.js';
import { newBuilder, operators } from '@robenc/shared/ops/index.js';
import { openSession } from '@robenc/shared/runtime/session.js';
import { inType, isPort, titleOf, type Draw, type Sample } from './sample.js';

/** What `batch` stands for. */
const BATCH = 2;

export interface Measured {
  readonly inferred: readonly (readonly number[])[];
  readonly given: readonly (readonly number[])[];
  readonly finite: boolean;
  /** The largest difference of what the operator's parts give; 0 where it has none. */
  readonly parts: number;
  /** null where the operator passes no gradient, or an estimate. */
  readonly slope: { readonly difference: number; readonly gradient: number; readonly error: number; readonly tolerance: number } | null;
}

export async function measure(sample: Sample, seed = 1): Promise<Measured> {
  const dtype = sample.dtype ?? 'float64';
  const random = new Random(seed, titleOf(sample));
  const g = newBuilder();
  const feeds: Record<string, TensorData> = {};
  const ports: Value[] = [];
  const inputs = sample.inputs.map((input) => {
    if (input === null) return null;
    if (!isPort(input)) return g.constant(inType(input, dtype));
    const port = g.input(`x${ports.length}`, dtype, input.shape);
    feeds[port.name] = floatsOf(dtype, input.shape.map(fixed), draw(random, input.draw, input.shape.map(fixed)));
    ports.push(port);
    return port;
  });
  const outputs = g.nodeOutputs(sample.op, inputs, sample.attrs, { domain: sample.domain ?? '', outputs: sample.outputs ?? 1 });
  const inferred = outputs.map(({ type }, i) => type.shape.map((dim, axis) => (sample.open && !isKnown(dim) ? sample.open[i]![axis]! : fixed(dim))));
  for (const [i, output] of outputs.entries()) g.output(`y${i}`, output);
  const parted = operators.find(sample.op, sample.domain ?? '')!.parts?.(g, outputs[0]!.node!) ?? [];
  for (const [i, part] of parted.entries()) g.output(`p${i}`, part);
  const through = (sample.through ?? [...outputs.keys()]).filter((i) => isFloat(outputs[i]!.type.dtype));
  const { grad, parts, estimated } = operators.find(sample.op, sample.domain ?? '')!;
  const differentiable = !!(grad ?? parts) && !estimated && through.length > 0 && ports.length > 0;
  const seeds = through.map((i) => ({ index: i, weights: Array.from({ length: sizeOf(inferred[i]!) }, () => random.normal()) }));
  const wrt = (sample.wrt ?? [...ports.keys()]).map((i) => ports[i]!);
  if (differentiable) {
    const cotangents = seeds.map(({ index, weights }) => {
      const cotangent = g.input(`dy${index}`, outputs[index]!.type.dtype, inferred[index]!);
      feeds[cotangent.name] = floatsOf(cotangent.type.dtype as 'float32' | 'float64', inferred[index]!, weights);
      return { value: outputs[index]!, cotangent };
    });
    for (const [i, slope] of gradient(g, cotangents, wrt).entries()) g.output(`dx${i}`, slope!);
  }
  const session = await openSession(toOnnx(g.build(sample.op)), { threads: 1 });
  try {
    const middle = await session.run(feeds);
    const names = outputs.map((_, i) => `y${i}`);
    const result = {
      inferred,
      given: names.map((name) => middle[name]!.shape),
      parts: Math.max(0, ...parted.map((_, i) => distance(numbersOf(middle[`p${i}`]!), numbersOf(middle[`y${i}`]!)))),
      finite: names.every((name) => numbersOf(middle[name]!).every(Number.isFinite)),
    };
    if (!differentiable) return { ...result, slope: null };
    const step = sample.step ?? (dtype === 'float64' ? 1e-5 : 1e-2);
    const directions = wrt.map((port) => symmetricLike(sample, feeds[port.name]!, () => random.normal()));
    const valueAt = async (distance: number): Promise<number> => {
      const moved = Object.fromEntries(wrt.map((port, i) => [port.name, shifted(feeds[port.name]!, directions[i]!, distance)]));
      const y = await session.run({ ...feeds, ...moved }, names);
      return seeds.reduce((sum, { index, weights }) => sum + dot(numbersOf(y[`y${index}`]!), weights), 0);
    };
    // Two central differences, combined so that errors up to the fourth power of the step cancel.
    const central = async (h: number): Promise<number> => ((await valueAt(h)) - (await valueAt(-h))) / (2 * h);
    const difference = (4 * (await central(step / 2)) - (await central(step))) / 3;
    const slope = directions.reduce((sum, direction, i) => sum + dot(numbersOf(middle[`dx${i}`]!), direction), 0);
    const scale = Math.max(Math.abs(difference), directions.reduce((sum, direction, i) => sum + norm(numbersOf(middle[`dx${i}`]!)) * norm(direction), 0) / 20);
    return {
      ...result,
      slope: { difference, gradient: slope, error: Math.abs(slope - difference) / scale, tolerance: sample.tolerance ?? (dtype === 'float64' ? 1e-6 : 1e-4) },
    };
  } finally {
    await session.close();
  }
}

/** Whether a size is a number or a multiple of batch. */
function isKnown(dim: number | string): boolean {
  return typeof dim === 'number' || !dim.startsWith('(');
}

function fixed(dim: number | string): number {
  if (typeof dim === 'number') return dim;
  const product = dim.split('*').map((part) => (part === 'batch' ? BATCH : Number(part)));
  if (product.some(Number.isNaN)) throw new Error(`The size "${dim}" is not a multiple of batch.`);
  return product.reduce((a, b) => a * b, 1);
}

function floatsOf(dtype: 'float32' | 'float64', shape: readonly number[], data: readonly number[]): TensorData {
  return dtype === 'float64' ? { dtype, shape, data: Float64Array.from(data) } : { dtype, shape, data: Float32Array.from(data) };
}

function shifted(x: TensorData, direction: readonly number[], distance: number): TensorData {
  return floatsOf(
    x.dtype as 'float32' | 'float64',
    x.shape,
    numbersOf(x).map((value, i) => value + distance * direction[i]!),
  );
}

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const distance = (a: readonly number[], b: readonly number[]): number => Math.max(...b.map((value, i) => Math.abs(value - a[i]!)));
const norm = (a: readonly number[]): number => Math.sqrt(dot(a, a));
const awayFromZero = (x: number): number => x + Math.sign(x) * 0.05;

function draw(random: Random, kind: Draw, shape: readonly number[]): number[] {
  const size = sizeOf(shape);
  const list = (one: () => number): number[] => Array.from({ length: size }, one);
  switch (kind) {
    case 'normal':
      return list(() => awayFromZero(random.normal()));
    case 'positive':
      return list(() => random.uniform(0.2, 2));
    case 'unit':
      return list(() => awayFromZero(random.uniform(-0.85, 0.85)));
    case 'above-one':
      return list(() => random.uniform(1.2, 3));
    case 'distinct':
      return Array.from(random.permutation(size), (place) => (place - (size - 1) / 2) * 0.1 + 0.02);
    case 'spd':
      return definite(random, shape);
  }
}

/** B Bᵀ + 1 for each matrix. */
function definite(random: Random, shape: readonly number[]): number[] {
  const n = shape.at(-1)!;
  return Array.from({ length: sizeOf(shape) / (n * n) }, () => {
    const b = Array.from({ length: n * n }, () => random.normal());
    return b.map(
      (_, at) =>
        dot(b.slice(Math.floor(at / n) * n, Math.floor(at / n) * n + n), b.slice((at % n) * n, (at % n) * n + n)) + (Math.floor(at / n) === at % n ? 1 : 0),
    );
  }).flat();
}

/** A random direction; a symmetric one for operators that are defined for symmetric matrices only. */
function symmetricLike(sample: Sample, x: TensorData, normal: () => number): number[] {
  const direction = numbersOf(x).map(normal);
  if (sample.op !== 'LogDetInverse') return direction;
  const n = x.shape.at(-1)!;
  return direction.map((value, at) => {
    const [matrix, row, column] = [Math.floor(at / (n * n)), Math.floor(at / n) % n, at % n];
    return (value + direction[matrix * n * n + column * n + row]!) / 2;
  });
}
