/** @file Graphs against what they must compute, over batch sizes, extreme images and devices. */
import { sizeOf, type TensorData } from '@robenc/shared/graph/value.js';
import { Random } from '@robenc/shared/math/random.js';
import { openSession } from '@robenc/shared/runtime/session.js';
import type { DeviceName, PortInfo, Session, Tensors } from '@robenc/shared/runtime/types.js';
import { RobencError } from '@robenc/shared/errors.js';
import { eagerOutputs, outputDistance, type Comparison } from '../verify.js';
import { withUnlikelyLabels } from '../unlikely-labels.js';

/** One graph and what it must compute. */
export interface Subject {
  readonly graph: string;
  /** Path (where weights lie beside it) or bytes. */
  readonly model: string | Uint8Array;
  /** What `expected` is, for people. */
  readonly against: string;
  /** The outputs for some feeds, by the names that the graph has for them; outputs that are left out are not compared. */
  readonly expected: (feeds: Tensors) => Promise<Tensors>;
}

export interface Check {
  readonly graph: string;
  readonly against: string;
  readonly device: DeviceName;
  readonly batch: number;
  readonly pixels: string;
  readonly maxRelativeError: number;
  readonly maxAbsoluteError: number;
  readonly tolerance: number;
  readonly passed: boolean;
  /** What is odd about a check that passed all the same; null for an ordinary one. */
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
export const PIXEL_KINDS: readonly string[] = Object.keys(PIXELS);

/** Where all pixels are equal, ReLUs and maxima sit on kinks, at which implementations may answer different ones of the possible gradients. */
const FLAT = ['zeros', 'ones', 'constant'];
const KINK = 'values agree; on a flat image a gradient is one of several, and the two differ';

export interface CheckOptions {
  readonly batches: readonly number[];
  /** Of `PIXEL_KINDS`; all of them when left out. */
  readonly pixels?: readonly string[];
  readonly devices: readonly DeviceName[];
  /** What black and white are to the model; 0 and 1 when left out. */
  readonly range?: readonly [number, number];
  /** Labels are drawn below this. */
  readonly classes: number;
  /** Greatest relative error that passes. */
  readonly tolerance: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
  readonly progress?: (done: number, total: number, what: string) => void;
}

/** A function of tfjs as what a graph must compute. */
export const eagerly =
  (fn: Comparison['fn']): Subject['expected'] =>
  async (feeds) =>
    (await eagerOutputs(fn, feeds)).outputs;

/** Every subject on every device: the first kind of image at every batch size, the others at the first. Throws `cancelled` when stopped, `mismatch` for an output that is missing or of another shape. */
export async function checkGraphs(subjects: readonly Subject[], options: CheckOptions): Promise<Check[]> {
  const { batches, pixels = PIXEL_KINDS, devices, signal, progress } = options;
  const total = subjects.length * devices.length * batches.length * pixels.length;
  const checks: Check[] = [];
  let done = 0;
  for (const subject of subjects)
    for (const device of devices) {
      const session = await openSession(subject.model, { device, strict: true });
      try {
        for (const batch of batches)
          for (const kind of pixels) {
            if (signal?.aborted) throw new RobencError('cancelled', 'Stopped before all checks were made.');
            progress?.(done++, total, `${subject.graph} on ${device}`);
            // Extreme images at the first batch size only: what batches change does not depend on what the images show.
            const isNew = batch === batches[0] ? takesPixels(session) || kind === pixels[0] : hasBatch(session) && kind === pixels[0];
            if (isNew) checks.push(await checked(subject, session, { ...options, device, batch, kind }));
          }
      } finally {
        await session.close();
      }
    }
  return checks;
}

interface Case extends CheckOptions {
  readonly device: DeviceName;
  readonly batch: number;
  readonly kind: string;
}

/**
 * Of a million ReLUs one may lie so close to its kink that rounding decides which side it is on, and with it the gradient of that image. A gradient that is
 * wrong differs on every draw; so where nothing but the gradient differs, others are tried.
 */
async function checked(subject: Subject, session: Session, one: Case): Promise<Check> {
  const first = await compared(subject, session, one, one.seed);
  if (first.check.passed || !first.onlyGradient || FLAT.includes(one.kind)) return first.check;
  for (let draw = 1; draw < DRAWS; draw++) {
    const { check } = await compared(subject, session, one, one.seed + draw);
    if (check.passed)
      return {
        ...check,
        note: `values agree on every draw, the gradient from draw ${draw + 1} on; before, it differs by ${first.check.maxRelativeError.toExponential(1)}, as where a unit lies on its kink`,
      };
  }
  return first.check;
}

const DRAWS = 4;

async function compared(
  { graph, against, expected: ask }: Subject,
  session: Session,
  { device, batch, kind, classes, tolerance, range = [0, 1] }: Case,
  seed: number,
): Promise<{ readonly check: Check; readonly onlyGradient: boolean }> {
  const feeds = await withUnlikelyLabels(session, feedsOf(session, { batch, kind, classes, seed, range }));
  const expected = await ask(feeds);
  const missing = Object.keys(expected).find((name) => !session.outputs.some((port) => port.name === name));
  if (missing !== undefined) throw new RobencError('mismatch', `Graph ${graph} has no output "${missing}", which ${against} gives.`);
  const found = await session.run(feeds, Object.keys(expected));
  const { relative, absolute } = outputDistance(graph, expected, found, against);
  const agrees = relative <= tolerance;
  const { gradient, ...values } = expected;
  const onlyGradient = !agrees && gradient !== undefined && outputDistance(graph, values, found).relative <= tolerance;
  const kink = onlyGradient && FLAT.includes(kind);
  const common = { graph, against, device, batch, pixels: kind, maxRelativeError: relative, maxAbsoluteError: absolute, tolerance };
  return { check: { ...common, passed: agrees || kink, note: kink ? KINK : null }, onlyGradient };
}

const isPixels = ({ dtype, shape }: PortInfo): boolean => dtype === 'float32' && shape.length >= 4;
const takesPixels = (session: Session): boolean => session.inputs.some(isPixels);
const hasBatch = (session: Session): boolean => session.inputs.some(({ shape }) => typeof shape[0] === 'string');

/** A free size other than the batch, such as `32*height`: another one for each axis. */
function chosen(size: string, axis: number): number {
  return (axis + 1) * (Number.parseInt(size, 10) || 1);
}

interface Feeding extends Pick<Case, 'batch' | 'kind' | 'classes' | 'seed'> {
  readonly range: readonly [number, number];
}

function feedsOf(session: Session, { batch, kind, classes, seed, range: [low, high] }: Feeding): Tensors {
  const feed = (port: PortInfo): TensorData => {
    const shape = port.shape.map((size, axis) => (typeof size === 'number' ? size : axis === 0 ? batch : chosen(size, axis)));
    const random = new Random(seed, 'verify', port.name, batch);
    const draw = isPixels(port) ? () => low + (high - low) * PIXELS[kind]!(random) : () => random.normal();
    const whole = (): number => random.integer(Math.max(1, classes));
    if (port.dtype === 'float32') return { dtype: 'float32', shape, data: Float32Array.from({ length: sizeOf(shape) }, draw) };
    if (port.dtype === 'int64') return { dtype: 'int64', shape, data: BigInt64Array.from({ length: sizeOf(shape) }, () => BigInt(whole())) };
    if (port.dtype === 'int32') return { dtype: 'int32', shape, data: Int32Array.from({ length: sizeOf(shape) }, whole) };
    throw new RobencError('unsupported', `The input "${port.name}" is ${port.dtype}; float32, int32 and int64 can be made up.`, { field: port.name });
  };
  return Object.fromEntries(session.inputs.map((port) => [port.name, feed(port)]));
}
