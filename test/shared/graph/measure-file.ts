/** @file Runs a file of one node as ONNX Runtime does and as robenc reads it, and its gradient beside a finite difference of the file itself. */
import { gradient } from '@robenc/shared/autodiff/vjp.js';
import { copyInto } from '@robenc/shared/graph/copy.js';
import { fromOnnx } from '@robenc/shared/graph/from-onnx.js';
import { toOnnx } from '@robenc/shared/graph/to-onnx.js';
import { floats, isFloat, numbersOf, sizeOf, type TensorData, type Value } from '@robenc/shared/graph/value.js';
import { Random } from '@robenc/shared/math/random.js';
import { newBuilder } from '@robenc/shared/ops/index.js';
import { openSession } from '@robenc/shared/runtime/session.js';
import { fileOf, type FileNode } from './model.js';

/** A float input: its shape; elements are standard normal, and at least 0.05 away from 0. */
export type FloatInput = readonly number[];

export interface FileForm {
  readonly op: string;
  readonly domain?: string;
  readonly opset?: number;
  readonly inputs: readonly (FloatInput | TensorData | null)[];
  readonly attrs?: NonNullable<FileNode['attrs']>;
  /** How many outputs the node has, and which of them are compared and differentiated (the first by default). */
  readonly outputs?: number;
  readonly through?: readonly number[];
  /** Of the finite difference, where the usual ones do not fit; operators that are linear in each input take 1. */
  readonly step?: number;
  /** Another draw, where the usual one lies on a kink of the operator. */
  readonly seed?: number;
}

/** Long ones are less disturbed by the rounding of float32, short ones by curvature and kinks: it takes one that agrees. */
const STEPS = [2e-2, 5e-3, 1e-3, 5e-4];

export interface MeasuredFile {
  /** The largest difference of an element from the file's own, against the largest element. */
  readonly forward: number;
  readonly shapes: { readonly read: readonly (readonly number[])[]; readonly file: readonly (readonly number[])[] };
  /** Of the gradient along a random direction, against a finite difference of the file in ONNX Runtime; null where no input is a float. */
  readonly slope: number | null;
}

const isTensor = (input: FloatInput | TensorData | null): input is TensorData => input !== null && 'dtype' in input;

export function bytesOf({ op, domain = '', opset = 20, inputs, attrs = {}, outputs = 1, through = [0] }: FileForm): Uint8Array {
  const name = (i: number): string => (inputs[i] === null ? '' : isTensor(inputs[i]!) ? `c${i}` : `x${i}`);
  return fileOf({
    opset,
    inputs: Object.fromEntries(inputs.flatMap((input, i) => (input && !isTensor(input) ? [[name(i), input]] : []))),
    constants: Object.fromEntries(inputs.flatMap((input, i) => (input && isTensor(input) ? [[name(i), input]] : []))),
    outputs: through.map((i) => `y${i}`),
    nodes: [
      {
        op,
        domain,
        inputs: inputs.map((_, i) => name(i)),
        outputs: Array.from({ length: outputs }, (_, i) => (through.includes(i) ? `y${i}` : '')),
        attrs,
      },
    ],
  });
}

export async function measureFile(form: FileForm): Promise<MeasuredFile> {
  const random = new Random(form.seed ?? 1, form.op, form.domain ?? '');
  const normals = (size: number): number[] => Array.from({ length: size }, () => random.normal());
  const apart = (size: number): number[] => normals(size).map((x) => x + Math.sign(x) * 0.05);
  const bytes = bytesOf(form);
  const read = fromOnnx(bytes);
  const feeds = Object.fromEntries(read.inputs.map(({ name, type }) => [name, floats(apart(sizeOf(type.shape.map(Number))), type.shape.map(Number))]));
  const g = newBuilder();
  const copied = copyInto(g, read);
  const results = read.outputs.map(({ name }) => ({ name, value: copied.outputs[name]! }));
  for (const { name, value } of results) g.output(name, value);
  const original = await openSession(bytes, { threads: 1 });
  try {
    const expected = await original.run(feeds);
    const floatResults = results.filter(({ value }) => isFloat(value.type.dtype));
    const weights = new Map(floatResults.map(({ name }) => [name, normals(expected[name]!.data.length)]));
    const ports = read.inputs.map(({ name }) => copied.inputs[name]!);
    if (floatResults.length > 0) differentiateAll(g, floatResults, expected, weights, ports);
    const session = await openSession(toOnnx(g.build()), { threads: 1 });
    try {
      const actual = await session.run(feeds);
      const pairs = results.map(({ name }) => [numbersOf(actual[name]!), numbersOf(expected[name]!)] as const);
      const shapes = { read: results.map(({ value }) => value.type.shape.map(Number)), file: results.map(({ name }) => expected[name]!.shape) };
      const forward = Math.max(...pairs.map(([got, wanted]) => distance(got, wanted)));
      if (ports.length === 0 || floatResults.length === 0) return { forward, shapes, slope: null };
      const directions = ports.map(({ name }) => normals(feeds[name]!.data.length));
      const valueAt = async (step: number): Promise<number> => {
        const moved = Object.fromEntries(ports.map(({ name }, i) => [name, moveBy(feeds[name]!, directions[i]!, step)]));
        const y = await original.run({ ...feeds, ...moved });
        return floatResults.reduce((sum, { name }) => sum + dot(numbersOf(y[name]!), weights.get(name)!), 0);
      };
      const central = async (h: number): Promise<number> => ((await valueAt(h)) - (await valueAt(-h))) / (2 * h);
      const slopes = ports.map((_, i) => numbersOf(actual[`dx${i}`]!));
      const slope = slopes.reduce((sum, list, i) => sum + dot(list, directions[i]!), 0);
      const scale = slopes.reduce((sum, list, i) => sum + Math.sqrt(dot(list, list) * dot(directions[i]!, directions[i]!)), 0) / 20;
      let best = Infinity;
      for (const step of form.step === undefined ? STEPS : [form.step]) {
        const difference = (4 * (await central(step / 2)) - (await central(step))) / 3;
        best = Math.min(best, Math.abs(slope - difference) / Math.max(Math.abs(difference), scale));
        if (best <= 1e-4) break;
      }
      return { forward, shapes, slope: best };
    } finally {
      await session.close();
    }
  } finally {
    await original.close();
  }
}

type Builder = ReturnType<typeof newBuilder>;
type Named = { readonly name: string; readonly value: Value };

function differentiateAll(
  g: Builder,
  results: readonly Named[],
  expected: Record<string, TensorData>,
  weights: Map<string, number[]>,
  ports: readonly Value[],
): void {
  const seeds = results.map(({ name, value }) => ({ value, cotangent: g.constant(floats(weights.get(name)!, expected[name]!.shape)) }));
  for (const [i, slope] of gradient(g, seeds, ports).entries()) g.output(`dx${i}`, slope!);
}

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

function moveBy(x: TensorData, direction: readonly number[], step: number): TensorData {
  return floats(
    numbersOf(x).map((value, i) => value + step * direction[i]!),
    x.shape,
  );
}

function distance(a: readonly number[], b: readonly number[]): number {
  const largest = Math.max(...b.map(Math.abs), 1e-30);
  return Math.max(...b.map((value, i) => (value === a[i] ? 0 : Math.abs(value - a[i]!)))) / largest;
}
