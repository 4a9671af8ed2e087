/** @file The input gradient of a strided convolution as one ordinary convolution: each residue of the position modulo the stride is a channel of its own. */
import type { GraphBuilder } from '../graph/builder.js';
import type { Value } from '../graph/value.js';
import type { Window } from './geometry.js';

/** Where along one axis the taps of each residue ("phase") lie. */
interface Phases {
  /** Width of the window over dy that serves all phases. */
  readonly reach: number;
  readonly begin: number;
  readonly end: number;
  /** Places of dx in each phase. */
  readonly places: number;
  /** Index of the kernel tap for (phase, place in the window); `kernel` itself stands for "none". */
  readonly taps: readonly number[];
}

/**
 * dx[s a + r] = Σ_t w[c_r + s t] dy[a + f_r - t] with c_r = (r + pad) mod s and f_r = ⌊(r + pad) / s⌋, for every phase r of the stride s:
 * all phases are output channels of one convolution over dy, which DepthToSpace then interleaves.
 * Runs on all threads, where ConvTranspose adds up its columns on one. null where the form does not fit (groups, dilations, unequal strides).
 */
export function stridedInputGradient(g: GraphBuilder, dy: Value, w: Value, sizes: readonly number[], window: Window, group: number): Value | null {
  const [stride, other] = window.strides;
  if (sizes.length !== 2 || group !== 1 || stride === undefined || stride !== other || window.dilations.some((d) => d !== 1)) return null;
  const axes = sizes.map((size, i) => phasesOf(size, Number(dy.type.shape[i + 2]), window.kernel[i]!, stride, window.begin[i]!));
  const [rows, columns] = axes;
  if (!rows || !columns) return null;
  const [filters, channels] = w.type.shape.map(Number) as [number, number];
  const zeros = g.node('Pad', [w, g.ints([0, 0, 0, 0, 0, 0, 1, 1])], { mode: 'constant' });
  const taps = g.node('Gather', [g.node('Gather', [zeros, g.ints(rows.taps)], { axis: 2 }), g.ints(columns.taps)], { axis: 3 });
  const split = g.reshape(taps, [filters, channels, stride, rows.reach, stride, columns.reach]);
  const kernel = g.reshape(g.transpose(split, [2, 4, 1, 0, 3, 5]), [stride * stride * channels, filters, rows.reach, columns.reach]);
  const phases = g.node('Conv', [dy, kernel], { kernel_shape: [rows.reach, columns.reach], pads: [rows.begin, columns.begin, rows.end, columns.end] });
  const whole = g.node('DepthToSpace', [phases], { blocksize: stride, mode: 'DCR' });
  const [height, width] = sizes as [number, number];
  if (rows.places * stride === height && columns.places * stride === width) return whole;
  return g.node('Slice', [whole, g.ints([0, 0]), g.ints([height, width]), g.ints([2, 3])]);
}

function phasesOf(size: number, out: number, kernel: number, stride: number, pad: number): Phases | null {
  const phases = Array.from({ length: stride }, (_, r) => {
    const first = (r + pad) % stride;
    return { first, offset: Math.floor((r + pad) / stride), count: Math.max(0, Math.ceil((kernel - first) / stride)) };
  });
  const low = Math.min(...phases.map(({ offset, count }) => offset - Math.max(count, 1) + 1));
  const reach = Math.max(...phases.map(({ offset }) => offset)) - low + 1;
  const places = Math.ceil(size / stride);
  const begin = -low;
  const end = places - out - begin + reach - 1;
  if (begin < 0 || end < 0) return null;
  const taps = phases.flatMap(({ first, offset, count }) =>
    Array.from({ length: reach }, (_, q) => {
      const t = offset - low - q;
      return t >= 0 && t < count ? first + stride * t : kernel;
    }),
  );
  return { reach, begin, end, places, taps };
}
