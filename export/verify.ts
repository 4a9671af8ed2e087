/** @file Measures how far a graph in ONNX Runtime is from the tfjs function that it came from. */
import * as tf from '@tensorflow/tfjs';
import { RobencError } from '@robenc/shared/errors.js';
import { onBackend, type EagerBackend } from './eager-backend.js';
import type { Manifest } from '@robenc/shared/config/manifest.js';
import { numbersOf, type TensorData } from '@robenc/shared/graph/value.js';
import type { Session, Tensors } from '@robenc/shared/runtime/types.js';

/** One measured agreement, as manifests keep it. */
export type ParityRecord = Manifest['parity'][number];

export interface Comparison {
  /** Which graph this is, for the record: `encoder`, `classifier`, `gradient`, … */
  readonly graph: string;
  readonly session: Session;
  /** The same computation on tfjs, by the graph's names and in its order of axes; outputs that it leaves out are not compared. */
  readonly fn: (inputs: Record<string, tf.Tensor>) => Record<string, tf.Tensor>;
  /** Feeds of the graph, one run each; axis 0 of the first counts the images. */
  readonly feeds: readonly Tensors[];
  /** The greatest relative error that `refuseMismatch` lets pass. */
  readonly tolerance?: number;
  /** The tfjs backend to compare with; `auto` by default. */
  readonly backend?: EagerBackend;
}

/** Ten times what single precision loses in a deep network, and a hundredth of what a wrong layer makes. */
const TOLERANCE = 1e-4;

/**
 * Runs the graph and the function on the same feeds. The relative error is |graph - function| / |function| (Euclidean) over one output of one run, the
 * absolute error the greatest over single elements; the record has the worst of each. A value that is not finite on either side counts as infinitely wrong.
 *
 * @throws RobencError `mismatch` where an output is missing from the graph or has another shape there; `unavailable` for an unknown backend.
 */
export async function compareOutputs({ graph, session, fn, feeds, tolerance = TOLERANCE, backend = 'auto' }: Comparison): Promise<ParityRecord> {
  let [maxRelativeError, maxAbsoluteError, images] = [0, 0, 0];
  const used = new Set<string>();
  for (const feed of feeds) {
    const { outputs: expected, backend: one } = await eagerOutputs(fn, feed, backend);
    used.add(one);
    const missing = Object.keys(expected).find((name) => !session.outputs.some((port) => port.name === name));
    if (missing !== undefined) throw new RobencError('mismatch', `Graph ${graph} has no output "${missing}", which the tfjs function gives.`);
    const { relative, absolute } = outputDistance(graph, expected, await session.run(feed, Object.keys(expected)));
    maxRelativeError = Math.max(maxRelativeError, relative);
    maxAbsoluteError = Math.max(maxAbsoluteError, absolute);
    images += Object.values(feed)[0]?.shape[0] ?? 0;
  }
  return { graph, against: `tfjs ${[...used].join(' and ')}`, maxRelativeError, maxAbsoluteError, images, tolerance };
}

export interface Distance {
  /** |found - expected| / |expected|, Euclidean. */
  readonly relative: number;
  /** The greatest over single elements. */
  readonly absolute: number;
}

/** The worst over the expected outputs. Throws `mismatch` where one has another shape. */
export function outputDistance(graph: string, expected: Tensors, found: Tensors, against = 'tfjs'): Distance {
  const all = Object.entries(expected).map(([name, tensor]) => {
    const other = found[name]!;
    if (other.shape.join() !== tensor.shape.join())
      throw new RobencError('mismatch', `Graph ${graph}: output "${name}" is [${other.shape.join(',')}], but ${against} gives [${tensor.shape.join(',')}].`);
    return distance(numbersOf(other), numbersOf(tensor));
  });
  return { relative: Math.max(0, ...all.map((one) => one.relative)), absolute: Math.max(0, ...all.map((one) => one.absolute)) };
}

/** Throws `mismatch`, naming each graph that is further off than its tolerance: such an export must stop. */
export function refuseMismatch(records: readonly ParityRecord[]): void {
  const wrong = records.filter(({ maxRelativeError, tolerance }) => !(maxRelativeError <= tolerance));
  if (wrong.length === 0) return;
  const list = wrong.map(
    ({ graph, against, maxRelativeError, tolerance }) => `${graph} differs from ${against} by ${maxRelativeError.toExponential(2)} (at most ${tolerance})`,
  );
  throw new RobencError('mismatch', `The exported graphs do not compute what the encoder computes: ${list.join('; ')}. Nothing was written.`);
}

/** The function's outputs on a backend of tfjs, and which that was. */
export async function eagerOutputs(
  fn: Comparison['fn'],
  feed: Tensors,
  backend: EagerBackend = 'auto',
): Promise<{ readonly outputs: Record<string, TensorData>; readonly backend: string }> {
  const { result, backend: used } = await onBackend(backend, async () => {
    const results = tf.tidy(() => fn(Object.fromEntries(Object.entries(feed).map(([name, data]) => [name, tensorOf(data, name)]))));
    try {
      const entries = Object.entries(results).map(
        async ([name, tensor]) => [name, { dtype: 'float32', shape: tensor.shape, data: Float32Array.from(await tensor.data()) }] as const,
      );
      return Object.fromEntries(await Promise.all(entries));
    } finally {
      tf.dispose(results);
    }
  });
  return { outputs: result, backend: used };
}

function tensorOf({ dtype, shape, data }: TensorData, name: string): tf.Tensor {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return tf.tensor(data as Float32Array, [...shape], dtype);
  if (dtype === 'int64') return tf.tensor(Int32Array.from(data as BigInt64Array, Number), [...shape], 'int32');
  throw new RobencError('unsupported', `Input "${name}" is ${dtype}, which tfjs does not have.`);
}

function distance(a: readonly number[], b: readonly number[]): Distance {
  let [difference, size, absolute] = [0, 0, 0];
  for (const [i, x] of a.entries()) {
    const gap = Math.abs(x - b[i]!);
    if (!Number.isFinite(gap)) return { relative: Infinity, absolute: Infinity };
    difference += gap * gap;
    size += b[i]! * b[i]!;
    absolute = Math.max(absolute, gap);
  }
  return { relative: difference === 0 ? 0 : Math.sqrt(difference / size), absolute };
}
