/** @file robenc.ConvWeightGrad: the gradient of a convolution with respect to its weights, lowered to whichever standard form is fastest. */
import type { GraphBuilder } from '../graph/builder.js';
import { elements } from '../graph/dim.js';
import { defineOp } from '../graph/operator.js';
import type { Node, Value } from '../graph/value.js';
import { transposed } from './MatMul.js';
import type { Window } from './geometry.js';

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
  lower: (g, node) => [weightGradient(g, node)],
});

/** Output places from which the batched form wins over one big product (measured on CPU: 64 places). */
const MANY_PLACES = 64;

function weightGradient(g: GraphBuilder, node: Node): Value {
  const [x, dy] = node.inputs as [Value, Value];
  const group = node.attrs['group'] as number;
  const window = explicitWindow(node);
  const out = dy.type.shape.slice(2).map(Number);
  const places = out.reduce((a, b) => a * b, 1);
  const [batch, channels] = [x.type.shape[0]!, Number(x.type.shape[1])];
  const filters = Number(dy.type.shape[1]);
  const taps = window.kernel.reduce((a, b) => a * b, 1);
  const target = node.outputs[0]!.type.shape;
  if (group === 1 && places < MANY_PLACES) {
    // One product over all images and places: rows are (image, place), columns are (tap, channel). Channels go last first, so that taps are joined in long runs.
    const last = (v: Value): Value => g.transpose(v, [0, ...out.map((_, i) => i + 2), 1]);
    const rows = elements([batch, places]);
    const views = shiftedViews(g, last(padded(g, x, window)), window, out, 1);
    const columns = g.reshape(views.length === 1 ? views[0]! : g.node('Concat', views, { axis: out.length + 1 }), [rows, taps * channels]);
    const product = g.node('MatMul', [g.transpose(g.reshape(last(dy), [rows, filters]), [1, 0]), columns]);
    return g.reshape(g.transpose(g.reshape(product, [filters, taps, channels]), [0, 2, 1]), target);
  }
  // One product per image (and group), summed over the batch afterwards; the larger side stands on the left.
  const perGroup = channels / group;
  const whole = taps === 1 && window.begin.every((p) => p === 0) && window.end.every((p) => p === 0) && window.strides.every((s) => s === 1);
  const patches = whole ? [x] : shiftedViews(g, padded(g, x, window), window, out, 2);
  const sides = patches.map((p) => g.reshape(p, [batch, group, perGroup, places]));
  const columns = sides.length === 1 ? sides[0]! : g.node('Concat', sides, { axis: 2 });
  const rows = g.reshape(dy, [batch, group, filters / group, places]);
  const swap = perGroup <= filters / group;
  const product = swap ? g.node('MatMul', [columns, transposed(g, rows)]) : g.node('MatMul', [rows, transposed(g, columns)]);
  const summed = g.sum(product, [0]);
  const ordered = swap
    ? g.transpose(g.reshape(summed, [group, taps, perGroup, filters / group]), [0, 3, 2, 1])
    : g.transpose(g.reshape(summed, [group, filters / group, taps, perGroup]), [0, 1, 3, 2]);
  return g.reshape(ordered, target);
}

/** x [N, C, size…] with its zeros around it. */
function padded(g: GraphBuilder, x: Value, window: Window): Value {
  if ([...window.begin, ...window.end].every((p) => p === 0)) return x;
  return g.node('Pad', [x, g.ints([0, 0, ...window.begin, 0, 0, ...window.end])], { mode: 'constant' });
}

/** For every kernel tap, the part of the padded input that it meets; spatial axes start at `first`. */
function shiftedViews(g: GraphBuilder, x: Value, window: Window, out: readonly number[], first: number): Value[] {
  const rank = out.length;
  const axes = g.ints(out.map((_, i) => i + first));
  const views: Value[] = [];
  const tap = new Array<number>(rank).fill(0);
  const count = window.kernel.reduce((a, b) => a * b, 1);
  for (let index = 0; index < count; index++) {
    let rest = index;
    for (let i = rank - 1; i >= 0; i--) {
      tap[i] = rest % window.kernel[i]!;
      rest = Math.floor(rest / window.kernel[i]!);
    }
    const starts = tap.map((t, i) => t * window.dilations[i]!);
    const ends = starts.map((start, i) => start + (out[i]! - 1) * window.strides[i]! + 1);
    views.push(g.node('Slice', [x, g.ints(starts), g.ints(ends), axes, g.ints(window.strides)]));
  }
  return views;
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

