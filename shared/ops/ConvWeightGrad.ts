/** @file robenc.ConvWeightGrad: the gradient of a convolution with respect to its weights, lowered to whichever standard form is fastest. */
import type { GraphBuilder } from '../graph/builder.js';
import { elements } from '../graph/dim.js';
import { defineOp } from '../graph/operator.js';
import type { Dim, Node, Value } from '../graph/value.js';
import { transposed } from './MatMul.js';
import type { Window } from './geometry.js';
import { shiftedViews } from './shifted-views.js';

/** dw [O, I/g, k…] from x [N, I, size…] and dy [N, O, out…]; attributes as Conv's, with explicit pads. */
export default defineOp({
  op: 'ConvWeightGrad',
  domain: 'robenc',
  infer: (context) => {
    const [x, dy] = [context.type(0), context.type(1)];
    const group = context.attrs['group'] as number;
    return [{ dtype: x.dtype, shape: [dy.shape[1]!, Number(x.shape[1]) / group, ...(context.attrs['kernel_shape'] as readonly number[])] }];
  },
  grad: null,
  blocks: 'second derivatives of convolutions are not implemented',
  lower: (g, node) => [weightGradient(g, readJob(node))],
});

interface Job {
  readonly x: Value;
  readonly dy: Value;
  readonly window: Window;
  readonly group: number;
  readonly batch: Dim;
  readonly channels: number;
  readonly filters: number;
  /** Spatial sizes of dy, and their product. */
  readonly out: readonly number[];
  readonly places: number;
  readonly taps: number;
  /** The shape of the weights. */
  readonly target: readonly Dim[];
}

function readJob(node: Node): Job {
  const [x, dy] = node.inputs as [Value, Value];
  const window = explicitWindow(node);
  const out = dy.type.shape.slice(2).map(Number);
  return {
    x,
    dy,
    window,
    group: node.attrs['group'] as number,
    batch: x.type.shape[0]!,
    channels: Number(x.type.shape[1]),
    filters: Number(dy.type.shape[1]),
    out,
    places: out.reduce((a, b) => a * b, 1),
    taps: window.kernel.reduce((a, b) => a * b, 1),
    target: node.outputs[0]!.type.shape,
  };
}

/** Below this many output places one product over the whole batch wins over one per image. */
const MANY_PLACES = 64;
/** From this many output places on the products of single images are long enough to be added up; below, all images make one product. */
const LONG_PRODUCT = 128;
/** Below this many channels a depthwise convolution costs more than it saves. */
const MANY_CHANNELS = 8;

function weightGradient(g: GraphBuilder, job: Job): Value {
  const { window, group, places, taps, channels, filters } = job;
  if (group === 1 && places < MANY_PLACES) return overWholeBatch(g, job);
  const planar = group === 1 && window.kernel.length === 2 && taps > 1 && Math.min(channels, filters) >= MANY_CHANNELS;
  if (planar && window.strides.every((s) => s === 1) && window.dilations.every((d) => d === 1)) return byShifts(g, job);
  if (planar)
    return perImage(
      g,
      job,
      g.reshape(
        shiftedViews(g, job.x, { kernel: window.kernel as [number, number], strides: window.strides, dilations: window.dilations, pads: padsOf(window) }),
        [job.batch, 1, channels * taps, places],
      ),
      'channel',
    );
  const whole = taps === 1 && padsOf(window).every((p) => p === 0) && window.strides.every((s) => s === 1);
  const parts = (whole ? [job.x] : slices(g, padded(g, job.x, window), window, job.out, 2)).map((part) =>
    g.reshape(part, [job.batch, group, channels / group, places]),
  );
  return perImage(g, job, parts.length === 1 ? parts[0]! : g.node('Concat', parts, { axis: 2 }), 'tap');
}

/**
 * Tap (i, j) is Σ dy[h, w] x[h + i, w + j]: x shifted by every j against dy shifted by every -i gives all taps in one product per image,
 * from kw copies of x and kh copies of dy instead of kh · kw copies of x.
 */
function byShifts(g: GraphBuilder, { x, dy, window, batch, channels, filters, out, places, target }: Job): Value {
  const [kh, kw] = window.kernel as [number, number];
  const length = (out[0]! + kh - 1) * out[1]!;
  const [top, left] = window.begin as [number, number];
  const [bottom, right] = window.end as [number, number];
  const columns = g.reshape(shiftedViews(g, x, { kernel: [1, kw], pads: [top, left, bottom, right] }), [batch, channels * kw, length]);
  const rows = g.reshape(shiftedViews(g, dy, { kernel: [kh, 1], pads: [kh - 1, 0, kh - 1, 0], reversed: true }), [batch, filters * kh, length]);
  const inOne = (v: Value, height: number): Value => g.reshape(g.transpose(v, [1, 0, 2]), [height, elements([batch, length])]);
  const summed =
    places < LONG_PRODUCT
      ? g.node('MatMul', [inOne(columns, channels * kw), transposed(g, inOne(rows, filters * kh))])
      : g.sum(g.node('MatMul', [columns, transposed(g, rows)]), [0]);
  return g.reshape(g.transpose(g.reshape(summed, [channels, kw, filters, kh]), [2, 0, 3, 1]), target);
}

/** One product per image (and group), summed over the batch afterwards; `columns` [N, g, taps x channels, places], the inner one of the two as named. */
function perImage(g: GraphBuilder, { dy, group, batch, channels, filters, places, taps, target }: Job, columns: Value, outer: 'tap' | 'channel'): Value {
  const perGroup = channels / group;
  const rows = g.reshape(dy, [batch, group, filters / group, places]);
  const summed = g.sum(g.node('MatMul', [columns, transposed(g, rows)]), [0]);
  const ordered =
    outer === 'tap'
      ? g.transpose(g.reshape(summed, [group, taps, perGroup, filters / group]), [0, 3, 2, 1])
      : g.transpose(g.reshape(summed, [group, perGroup, taps, filters / group]), [0, 3, 1, 2]);
  return g.reshape(ordered, target);
}

/** One product over all images and places: rows are (image, place), columns are (tap, channel). Channels go last first, so that taps are joined in long runs. */
function overWholeBatch(g: GraphBuilder, { x, dy, window, batch, channels, filters, out, places, taps, target }: Job): Value {
  const last = (v: Value): Value => g.transpose(v, [0, ...out.map((_, i) => i + 2), 1]);
  const rows = elements([batch, places]);
  const views = slices(g, last(padded(g, x, window)), window, out, 1);
  const columns = g.reshape(views.length === 1 ? views[0]! : g.node('Concat', views, { axis: out.length + 1 }), [rows, taps * channels]);
  const product = g.node('MatMul', [g.transpose(g.reshape(last(dy), [rows, filters]), [1, 0]), columns]);
  return g.reshape(g.transpose(g.reshape(product, [filters, taps, channels]), [0, 2, 1]), target);
}

/** x [N, C, size…] with its zeros around it. */
function padded(g: GraphBuilder, x: Value, window: Window): Value {
  if (padsOf(window).every((p) => p === 0)) return x;
  return g.node('Pad', [x, g.ints([0, 0, ...window.begin, 0, 0, ...window.end])], { mode: 'constant' });
}

/** For every kernel tap, the part of the padded input that it meets; spatial axes start at `first`. */
function slices(g: GraphBuilder, x: Value, window: Window, out: readonly number[], first: number): Value[] {
  const axes = g.ints(out.map((_, i) => i + first));
  const count = window.kernel.reduce((a, b) => a * b, 1);
  return Array.from({ length: count }, (_, index) => {
    let rest = index;
    const starts = [...window.kernel].reverse().map((size, i) => {
      const tap = rest % size;
      rest = Math.floor(rest / size);
      return tap * window.dilations[window.kernel.length - 1 - i]!;
    });
    starts.reverse();
    const ends = starts.map((start, i) => start + (out[i]! - 1) * window.strides[i]! + 1);
    return g.node('Slice', [x, g.ints(starts), g.ints(ends), axes, g.ints(window.strides)]);
  });
}

function padsOf(window: Window): number[] {
  return [...window.begin, ...window.end];
}

function explicitWindow(node: Node): Window {
  const pads = node.attrs['pads'] as readonly number[];
  const half = pads.length / 2;
  return {
    kernel: node.attrs['kernel_shape'] as readonly number[],
    strides: node.attrs['strides'] as readonly number[],
    dilations: node.attrs['dilations'] as readonly number[],
    begin: pads.slice(0, half),
    end: pads.slice(half),
  };
}
