/** @file Conv: cross-correlation with groups, strides, dilations and pads. */
import type { GraphBuilder } from '../graph/builder.js';
import { defineOp } from '../graph/operator.js';
import type { Attrs, Node, Value } from '../graph/value.js';
import { sameDType } from './elementwise.js';
import { stridedInputGradient } from './strided-input-gradient.js';
import { outputSize, windowAttrs, windowOf, type Window } from './geometry.js';

/** y = conv(x, w) + bias;  dx = full correlation of dy with the flipped weights, dw = correlation of x with dy, dbias = sum of dy over images and places */
export default defineOp({
  op: 'Conv',
  infer: (context) => {
    const [x, w] = [context.type(0), context.type(1)];
    sameDType([x, w]);
    const group = (context.attrs['group'] as number | undefined) ?? 1;
    const [channels, perGroup] = [x.shape[1], w.shape[1]];
    if (x.shape.length !== w.shape.length || x.shape.length < 3) throw new Error('x and w need the same rank, at least 3');
    if (typeof channels === 'number' && typeof perGroup === 'number' && channels !== perGroup * group)
      throw new Error(`x has ${channels} channels, but w expects ${perGroup} in each of ${group} groups`);
    const window = windowOf(context.attrs, w.shape.slice(2).map(Number), x.shape.slice(2));
    return [{ dtype: x.dtype, shape: [x.shape[0]!, w.shape[0]!, ...x.shape.slice(2).map((size, i) => outputSize(size, window, i))] }];
  },
  grad: (g, node, [dy], needs) => {
    const [x, w, bias] = node.inputs as [Value, Value, Value | undefined];
    const window = convolutionWindow(node);
    const group = (node.attrs['group'] as number | undefined) ?? 1;
    return [
      needs[0] ? inputGradient(g, dy!, x, w, window, group) : null,
      needs[1] ? g.node('ConvWeightGrad', [x, dy!], { ...windowAttrs(window), group }, { domain: 'robenc' }) : null,
      bias && needs[2] ? g.sum(dy!, [0, ...window.kernel.map((_, i) => i + 2)]) : null,
    ];
  },
});

/** The window of a Conv node with its pads resolved. */
export function convolutionWindow(node: Node): Window {
  const [x, w] = node.inputs as [Value, Value];
  return windowOf(node.attrs, w.type.shape.slice(2).map(Number), x.type.shape.slice(2));
}

/** dx: a plain convolution with flipped weights at stride 1, one over the phases of the stride otherwise, since ConvTranspose is slower than either; it serves the rest. */
export function inputGradient(g: GraphBuilder, dy: Value, x: Value, w: Value, window: Window, group: number): Value {
  const sizes = x.type.shape.slice(2);
  const reach = window.kernel.map((k, i) => (k - 1) * window.dilations[i]!);
  const begin = reach.map((r, i) => r - window.begin[i]!);
  const end = reach.map((r, i) => r - window.end[i]!);
  if (window.strides.every((s) => s === 1) && [...begin, ...end].every((p) => p >= 0)) {
    const attrs: Attrs = { kernel_shape: window.kernel, dilations: window.dilations, pads: [...begin, ...end], group };
    return g.node('Conv', [dy, flipped(g, w, group)], attrs);
  }
  if (sizes.every((size) => typeof size === 'number')) {
    const phased = stridedInputGradient(g, dy, w, sizes, window, group);
    if (phased) return phased;
  }
  // Strides need not divide the size, so the far padding comes from the input size.
  const outputPadding = sizes.map((size, i) => {
    const out = dy.type.shape[i + 2]!;
    if (typeof size !== 'number' || typeof out !== 'number') throw new Error('strided convolutions need fixed spatial sizes to be differentiated');
    return size - ((out - 1) * window.strides[i]! + reach[i]! + 1 - window.begin[i]! - window.end[i]!);
  });
  return g.node('ConvTranspose', [dy, w], { ...windowAttrs(window), group, output_padding: outputPadding });
}

/** Rows [O, I, taps] times the matrix that turns them round; exact, for it only adds zeros. */
function turnedByProduct(g: GraphBuilder, rows: Value, taps: number): Value {
  const turn = Float32Array.from({ length: taps * taps }, (_, i) => (Math.floor(i / taps) + (i % taps) === taps - 1 ? 1 : 0));
  return g.node('MatMul', [rows, g.constant({ dtype: 'float32', shape: [taps, taps], data: turn })]);
}

/** w [O, I/g, k…] with input and output channels swapped within each group and every kernel axis reversed: [I, O/g, k…]. */
function flipped(g: GraphBuilder, w: Value, group: number): Value {
  const [out, inPerGroup, ...kernel] = w.type.shape.map(Number) as [number, number, ...number[]];
  const taps = kernel.reduce((a, b) => a * b, 1);
  let turned = w;
  if (taps > 1) {
    const rows = g.reshape(w, [out, inPerGroup, taps]);
    const reversed = Array.from({ length: taps }, (_, i) => taps - 1 - i);
    // Weights that are fed, as in training, are turned at every run: a product does so on all threads, Gather on one.
    turned =
      w.node === null && w.data === null && w.type.dtype === 'float32'
        ? turnedByProduct(g, rows, taps)
        : g.node('Gather', [rows, g.ints(reversed)], { axis: 2 });
  }
  const grouped = g.transpose(g.reshape(turned, [group, out / group, inPerGroup, taps]), [0, 2, 1, 3]);
  return g.reshape(grouped, [group * inPerGroup, out / group, ...kernel]);
}
