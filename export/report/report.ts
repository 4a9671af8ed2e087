/** @file Verifies graphs against their eager functions over batch sizes, extreme inputs and devices. */
import { sizeOf, type TensorData } from '@robenc/shared/graph/value.js';
import { Random } from '@robenc/shared/math/random.js';
import { openSession } from '@robenc/shared/runtime/session.js';
import type { DeviceName, PortInfo, Session, Tensors } from '@robenc/shared/runtime/types.js';
import { RobencError } from '@robenc/shared/errors.js';
import { compareOutputs, type Comparison } from '../verify.js';

/** One graph and what it must compute. */
export interface Subject {
  readonly graph: string;
  /** Path (where weights lie beside it) or bytes. */
  readonly model: string | Uint8Array;
  readonly fn: Comparison['fn'];
}

export interface Check {
  readonly graph: string;
  readonly against: string;
  readonly device: string;
  readonly batch: number;
  readonly pixels: string;
  readonly maxRelativeError: number;
  readonly maxAbsoluteError: number;
  readonly tolerance: number;
  readonly passed: boolean;
  /** Why a check could not be made or does not count; null for an ordinary one. */
  readonly note: string | null;
}

/** What images hold: a name in the report, and a value for each element. */
const PIXELS: Readonly<Record<string, (random: Random) => number>> = {
  random: (random) => random.integer(256) / 255,
  zeros: () => 0,
  ones: () => 1,
  constant: () => 0.5,
  noise: (random) => Math.min(1, Math.max(0, 0.5 + 0.5 * random.normal())),
};

/** Where all pixels are equal, ReLUs and maxima sit on kinks, at which implementations may answer different ones of the possible gradients. */
const FLAT = ['zeros', 'ones', 'constant'];

export interface VerifyOptions {
  readonly batches: readonly number[];
  /** Names of `PIXELS`; all of them when left out. */
  readonly pixels?: readonly string[];
  readonly devices: readonly DeviceName[];
  readonly classes: number;
  readonly tolerance: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
  readonly progress?: (done: number, total: number, what: string) => void;
}

/** Every subject on every device, batch size and kind of image. Throws `cancelled` when stopped, `mismatch` for a graph of another shape. */
export async function verifyGraphs(subjects: readonly Subject[], options: VerifyOptions): Promise<Check[]> {
  const { batches, pixels = Object.keys(PIXELS), devices, classes, tolerance, seed, signal, progress } = options;
  const total = subjects.length * devices.length * batches.length * pixels.length;
  const checks: Check[] = [];
  for (const { graph, model, fn } of subjects)
    for (const device of devices) {
      const session = await openSession(model, { device, strict: true });
      try {
        for (const batch of batches)
          for (const kind of pixels) {
            if (signal?.aborted) throw new RobencError('cancelled', 'Stopped before all checks were made.');
            progress?.(checks.length, total, `${graph} on ${device}`);
            if (!takesPixels(session) && kind !== 'random') continue;
            if (!hasBatch(session) && batch !== batches[0]) continue;
            const feeds = feedsOf(session, { batch, kind, classes, seed });
            const record = await compareOutputs({ graph, session, fn, feeds: [feeds], tolerance });
            const agrees = record.maxRelativeError <= tolerance;
            const kink = !agrees && FLAT.includes(kind) && session.outputs.some(({ name }) => name === 'gradient');
            checks.push({
              graph,
              against: record.against,
              device,
              batch,
              pixels: kind,
              maxRelativeError: record.maxRelativeError,
              maxAbsoluteError: record.maxAbsoluteError,
              tolerance,
              passed: agrees || (kink && (await valuesAgree(session, fn, feeds, graph, tolerance))),
              note: kink ? 'values agree; on a flat image a gradient is one of several, and the two differ' : null,
            });
          }
      } finally {
        await session.close();
      }
    }
  return checks;
}

/** Whether everything but the gradient agrees. */
async function valuesAgree(session: Session, fn: Comparison['fn'], feeds: Tensors, graph: string, tolerance: number): Promise<boolean> {
  const values: Comparison['fn'] = (inputs) => Object.fromEntries(Object.entries(fn(inputs)).filter(([name]) => name !== 'gradient'));
  return (await compareOutputs({ graph, session, fn: values, feeds: [feeds], tolerance })).maxRelativeError <= tolerance;
}

const isPixels = ({ dtype, shape }: PortInfo): boolean => dtype === 'float32' && shape.length >= 4;
const takesPixels = (session: Session): boolean => session.inputs.some(isPixels);
const hasBatch = (session: Session): boolean => session.inputs.some(({ shape }) => typeof shape[0] === 'string');

function feedsOf(session: Session, { batch, kind, classes, seed }: { batch: number; kind: string; classes: number; seed: number }): Tensors {
  const feed = (port: PortInfo): TensorData => {
    const shape = port.shape.map((size) => (typeof size === 'number' ? size : batch));
    const random = new Random(seed, 'verify', port.name, batch);
    const draw = isPixels(port) ? () => PIXELS[kind]!(random) : () => random.normal();
    if (port.dtype === 'float32') return { dtype: 'float32', shape, data: Float32Array.from({ length: sizeOf(shape) }, draw) };
    if (port.dtype === 'int64')
      return { dtype: 'int64', shape, data: BigInt64Array.from({ length: sizeOf(shape) }, () => BigInt(random.integer(Math.max(1, classes)))) };
    if (port.dtype === 'int32') return { dtype: 'int32', shape, data: Int32Array.from({ length: sizeOf(shape) }, () => random.integer(Math.max(1, classes))) };
    throw new RobencError('unsupported', `The input "${port.name}" is ${port.dtype}; float32, int32 and int64 can be made up.`, { field: port.name });
  };
  return Object.fromEntries(session.inputs.map((port) => [port.name, feed(port)]));
}
