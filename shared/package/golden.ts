/** @file Golden inputs and outputs: what each graph of a package answered when it was made, so that any runtime can check itself when it starts. */
import { readFileSync } from 'node:fs';
import { Type, type Static } from '@sinclair/typebox';
import { check } from '../config/check.js';
import type { GraphRole } from '../config/manifest.js';
import { messageOf, RobencError } from '../errors.js';
import { ARRAY_OF, sizeOf, type TensorData } from '../graph/value.js';
import type { Session, Tensors } from '../runtime/types.js';
import { GRAPH_ROLES } from './layout.js';
import type { ModelPackage } from './open.js';

const Tensor = Type.Object(
  {
    dtype: Type.Union([Type.Literal('float32'), Type.Literal('int64'), Type.Literal('uint8')], {
      description: 'uint8 stands for a float32 tensor of value/255',
    }),
    shape: Type.Array(Type.Integer({ minimum: 0 })),
    every: Type.Optional(Type.Integer({ minimum: 1, description: 'only every so-manieth element is kept, the first one being the first; absent: all' })),
    base64: Type.String({ description: 'the elements, little-endian, row-major' }),
  },
  { additionalProperties: false },
);
const Case = Type.Object(
  { inputs: Type.Record(Type.String(), Type.String({ description: 'a key of "tensors"' })), outputs: Type.Record(Type.String(), Tensor) },
  { additionalProperties: false },
);

export const Golden = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    runtime: Type.String({ description: 'what computed the outputs' }),
    tolerance: Type.Number({ minimum: 0, description: 'greatest difference relative to the greatest output that another runtime or device should have' }),
    tensors: Type.Record(Type.String(), Tensor, { description: 'inputs; graphs that take the same one share it' }),
    graphs: Type.Object(Object.fromEntries(GRAPH_ROLES.map((role) => [role, Type.Optional(Case)])), { additionalProperties: false }),
  },
  { additionalProperties: false },
);
export type Golden = Static<typeof Golden>;

/** What one graph is fed, and what it must answer. */
export interface GoldenCase {
  readonly inputs: Tensors;
  readonly outputs: Readonly<Record<string, GoldenOutput>>;
  readonly tolerance: number;
}

/** Of a long output only every `every`th element is kept. */
export interface GoldenOutput {
  readonly shape: readonly number[];
  readonly every: number;
  readonly values: Float32Array;
}

/** Longer outputs are thinned out. */
const LONGEST = 1024;

/** Sums in another order differ by far less; a wrong weight or a broken device by far more. */
export const GOLDEN_TOLERANCE = 1e-3;

/** The golden cases of a package by graph; empty where it has none (packages of schema version 1). Throws `bad-file` for a file of another form. */
export function goldenCases(opened: Pick<ModelPackage, 'path'>): ReadonlyMap<GraphRole, GoldenCase> {
  const path = opened.path('golden');
  if (path === null) return new Map();
  let stored: unknown;
  try {
    stored = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new RobencError('bad-file', `${path} is not JSON: ${messageOf(cause)}.`, { cause, field: path });
  }
  const golden = check(Golden, stored, path, { code: 'bad-file' });
  const graphs = golden.graphs as Partial<Record<GraphRole, Static<typeof Case>>>;
  const tensorAt = (key: string): TensorData => {
    const tensor = golden.tensors[key];
    if (tensor === undefined) throw new RobencError('bad-file', `${path} has no tensor "${key}".`, { field: path });
    return decoded(tensor, `${path}: ${key}`);
  };
  return new Map(
    GRAPH_ROLES.flatMap((role) => {
      const one = graphs[role];
      if (one === undefined) return [];
      const inputs = Object.fromEntries(Object.entries(one.inputs).map(([name, key]) => [name, tensorAt(key)]));
      const outputs = Object.fromEntries(
        Object.entries(one.outputs).map(([name, tensor]): [string, GoldenOutput] => {
          const { data } = decoded(tensor, `${path}: ${role} ${name}`);
          return [name, { shape: tensor.shape, every: tensor.every ?? 1, values: data as Float32Array }];
        }),
      );
      return [[role, { inputs, outputs, tolerance: golden.tolerance }] as const];
    }),
  );
}

/** The text of a golden file. Inputs named `image`, `crops` or `start` must hold multiples of 1/255: they are kept as bytes. */
export function goldenText(graphs: ReadonlyMap<GraphRole, { readonly inputs: Tensors; readonly outputs: Tensors }>, runtime: string): string {
  const tensors: Record<string, Static<typeof Tensor>> = {};
  const keyOf = (name: string, tensor: TensorData): string => {
    const entry = encoded(tensor, ['image', 'crops', 'start'].includes(name));
    const known = Object.keys(tensors).find((key) => tensors[key]!.base64 === entry.base64 && tensors[key]!.shape.join() === entry.shape.join());
    const key = known ?? (name in tensors ? `${name}-${Object.keys(tensors).length}` : name);
    tensors[key] = entry;
    return key;
  };
  const cases = [...graphs].map(([role, { inputs, outputs }]) => [
    role,
    {
      inputs: Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, keyOf(name, tensor)])),
      outputs: Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, thinned(tensor)])),
    },
  ]);
  const golden: Golden = { schemaVersion: 1, runtime, tolerance: GOLDEN_TOLERANCE, tensors, graphs: Object.fromEntries(cases) as Golden['graphs'] };
  return `${JSON.stringify(golden)}\n`;
}

function thinned(tensor: TensorData): Static<typeof Tensor> {
  const every = Math.ceil(tensor.data.length / LONGEST);
  if (every <= 1) return encoded(tensor, false);
  return { ...encoded({ ...tensor, data: (tensor.data as Float32Array).filter((_, i) => i % every === 0) }, false), every };
}

/** Runs one graph on its golden inputs. Throws `mismatch` naming `what` and the output that is off since `then`; answers the greatest relative difference. */
export async function checkGolden(
  session: Pick<Session, 'run'>,
  { inputs, outputs, tolerance }: GoldenCase,
  what: string,
  then = 'when the package was made',
): Promise<number> {
  const found = await session.run(inputs, Object.keys(outputs));
  let worst = 0;
  for (const [name, expected] of Object.entries(outputs)) {
    const actual = found[name];
    if (actual?.shape.join() !== expected.shape.join())
      throw new RobencError(
        'mismatch',
        `${what}: "${name}" is [${actual?.shape.join() ?? 'missing'}] on the golden input, and was [${expected.shape.join()}] ${then}.`,
      );
    const error = relativeError(actual.data as Float32Array, expected);
    if (!(error <= tolerance))
      throw new RobencError(
        'mismatch',
        `${what}: "${name}" differs on the golden input by ${error.toExponential(1)} of its greatest value from what it was ${then} (at most ${tolerance}). The device or the runtime computes something else.`,
      );
    worst = Math.max(worst, error);
  }
  return worst;
}

/** The greatest difference over the kept elements, relative to the greatest expected value. */
function relativeError(actual: Float32Array, { every, values }: GoldenOutput): number {
  let [difference, scale] = [0, 1e-12];
  for (const [i, value] of values.entries()) {
    const found = actual[i * every]!;
    if (!Number.isFinite(found)) return Infinity;
    difference = Math.max(difference, Math.abs(found - value));
    scale = Math.max(scale, Math.abs(value));
  }
  return difference / scale;
}

function encoded({ dtype, shape, data }: TensorData, pixels: boolean): Static<typeof Tensor> {
  const stored = pixels ? Uint8Array.from(data as Float32Array, (value) => Math.round(value * 255)) : data;
  return {
    dtype: pixels ? 'uint8' : (dtype as 'float32' | 'int64'),
    shape: [...shape],
    base64: Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength).toString('base64'),
  };
}

function decoded({ dtype, shape, base64, every = 1 }: Static<typeof Tensor>, what: string): TensorData {
  const bytes = Uint8Array.from(Buffer.from(base64, 'base64'));
  if (bytes.length !== Math.ceil(sizeOf(shape) / every) * ARRAY_OF[dtype].BYTES_PER_ELEMENT)
    throw new RobencError(
      'bad-file',
      `${what} [${shape.join(',')}] needs ${Math.ceil(sizeOf(shape) / every)} elements of ${dtype} and has ${bytes.length} bytes.`,
    );
  if (dtype === 'uint8') return { dtype: 'float32', shape, data: Float32Array.from(bytes, (value) => value / 255) };
  return { dtype, shape, data: new ARRAY_OF[dtype](bytes.buffer) };
}
