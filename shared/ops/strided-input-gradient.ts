/** @file The input gradient of a strided convolution by ordinary convolutions: each residue of the position modulo the stride (a "phase") is a map of its own. */
import type { GraphBuilder } from '../graph/builder.js';
import type { Value } from '../graph/value.js';
import type { Window } from './geometry.js';
import { interleave } from './Interleave.js';

/** One phase along one axis: the taps that reach it, and where over dy they lie. */
interface Phase {
  /** The first of its taps; the others follow `stride` apart. */
  readonly first: number;
  readonly count: number;
  /** Place of dy that the first tap meets, seen from a place of the phase. */
  readonly offset: number;
}

interface Axis {
  readonly phases: readonly Phase[];
  /** Places of dx in each phase. */
  readonly places: number;
  readonly out: number;
  readonly kernel: number;
  readonly stride: number;
}

/** A window over dy along one axis, and for each of its places the kernel's tap; `kernel` itself stands for none. */
interface Reach {
  readonly begin: number;
  readonly end: number;
  readonly taps: readonly number[];
}

/** With fewer channels a convolution for each phase would waste more on partly filled blocks of channels than it saves. */
const MANY_CHANNELS = 16;

/**
 * dx[s a + r] = Σ_t w[c_r + s t] dy[a + f_r - t] with c_r = (r + pad) mod s and f_r = ⌊(r + pad) / s⌋, for every phase r of the stride s.
 * Where all phases have equally many taps, or there are few channels, they are the output channels of one convolution over dy; otherwise each has one of its own,
 * none where it has no tap.
 * Runs on all threads, where ConvTranspose adds up its columns on one. null where the form does not fit (groups, dilations, unequal strides).
 */
export function stridedInputGradient(g: GraphBuilder, dy: Value, w: Value, sizes: readonly number[], window: Window, group: number): Value | null {
  const [stride, other] = window.strides;
  if (sizes.length !== 2 || group !== 1 || stride === undefined || stride !== other || window.dilations.some((d) => d !== 1)) return null;
  const [rows, columns] = sizes.map((size, i) => axisOf(size, Number(dy.type.shape[i + 2]), window.kernel[i]!, stride, window.begin[i]!)) as [Axis, Axis];
  const channels = Number(w.type.shape[1]);
  const weave = { stride, sizes: sizes as unknown as readonly [number, number] };
  const even = [...rows.phases, ...columns.phases].every(({ count }) => count === rows.phases[0]!.count);
  return (!even && channels >= MANY_CHANNELS ? onePerPhase(g, dy, w, rows, columns, weave) : null) ?? allPhases(g, dy, w, rows, columns, weave);
}

function onePerPhase(g: GraphBuilder, dy: Value, w: Value, rows: Axis, columns: Axis, weave: Sized): Value | null {
  const reaches = [rows, columns].map((axis) => axis.phases.map((phase) => reachOf(axis, [phase])));
  const [down, across] = reaches as [(Reach | null)[], (Reach | null)[]];
  const live = rows.phases.flatMap((row, r) => columns.phases.flatMap((column, q) => (row.count > 0 && column.count > 0 ? [[r, q] as const] : [])));
  if (live.length === 0 || !live.every(([r, q]) => down[r] && across[q])) return null;
  const maps = live.map(([r, q]) => {
    const [vertical, horizontal] = [down[r]!, across[q]!];
    const taps = g.node('Gather', [g.node('Gather', [w, g.ints(vertical.taps)], { axis: 2 }), g.ints(horizontal.taps)], { axis: 3 });
    return convolved(g, dy, g.transpose(taps, [1, 0, 2, 3]), vertical, horizontal);
  });
  return interleave(g, maps, { ...weave, phases: live.map(([r, q]) => r * weave.stride + q), amongConvolutions: w.data !== null });
}

function allPhases(g: GraphBuilder, dy: Value, w: Value, rows: Axis, columns: Axis, { stride, sizes }: Sized): Value | null {
  const [down, across] = [reachOf(rows, rows.phases), reachOf(columns, columns.phases)];
  if (!down || !across) return null;
  const [filters, channels] = w.type.shape.map(Number) as [number, number];
  const [high, wide] = [down.taps.length / stride, across.taps.length / stride];
  const zeros = g.node('Pad', [w, g.ints([0, 0, 0, 0, 0, 0, 1, 1])], { mode: 'constant' });
  const taps = g.node('Gather', [g.node('Gather', [zeros, g.ints(down.taps)], { axis: 2 }), g.ints(across.taps)], { axis: 3 });
  const split = g.reshape(taps, [filters, channels, stride, high, stride, wide]);
  const kernel = g.reshape(g.transpose(split, [2, 4, 1, 0, 3, 5]), [stride * stride * channels, filters, high, wide]);
  const whole = g.node('DepthToSpace', [convolved(g, dy, kernel, down, across)], { blocksize: stride, mode: 'DCR' });
  const [height, width] = sizes;
  if (rows.places * stride === height && columns.places * stride === width) return whole;
  return g.node('Slice', [whole, g.ints([0, 0]), g.ints([height, width]), g.ints([2, 3])]);
}

interface Sized {
  readonly stride: number;
  readonly sizes: readonly [number, number];
}

function convolved(g: GraphBuilder, dy: Value, kernel: Value, down: Reach, across: Reach): Value {
  return g.node('Conv', [dy, kernel], { kernel_shape: kernel.type.shape.slice(2).map(Number), pads: [down.begin, across.begin, down.end, across.end] });
}

function axisOf(size: number, out: number, kernel: number, stride: number, pad: number): Axis {
  const phases = Array.from({ length: stride }, (_, r) => {
    const first = (r + pad) % stride;
    return { first, offset: Math.floor((r + pad) / stride), count: Math.max(0, Math.ceil((kernel - first) / stride)) };
  });
  return { phases, places: Math.ceil(size / stride), out, kernel, stride };
}

/** The smallest window over dy that serves the phases; null where it would begin or end within dy. */
function reachOf({ places, out, kernel, stride }: Axis, phases: readonly Phase[]): Reach | null {
  const low = Math.min(...phases.map(({ offset, count }) => offset - Math.max(count, 1) + 1));
  const length = Math.max(...phases.map(({ offset }) => offset)) - low + 1;
  const begin = -low;
  const end = places - out - begin + length - 1;
  if (begin < 0 || end < 0) return null;
  const taps = phases.flatMap(({ first, offset, count }) =>
    Array.from({ length }, (_, place) => {
      const t = offset - low - place;
      return t >= 0 && t < count ? first + stride * t : kernel;
    }),
  );
  return { begin, end, taps };
}
