/** @file ConvTranspose: the gradient of a convolution with respect to its input, as an operator of its own. */
import { multiply } from '../graph/dim.js';
import { defineOp } from '../graph/operator.js';
import type { Attrs, Dim, Value } from '../graph/value.js';
import { windowAttrs, windowOf, type Window } from './geometry.js';

/** y = convᵀ(x, w) + bias;  dx = conv(dy, w), dw = correlation of dy with x, dbias = sum of dy over images and places */
export default defineOp({
  op: 'ConvTranspose',
  infer: (context) => {
    const [x, w] = [context.type(0), context.type(1)];
    const group = (context.attrs['group'] as number | undefined) ?? 1;
    const kernel = w.shape.slice(2).map(Number);
    const sizes = transposedSizes(context.attrs, kernel, x.shape.slice(2));
    return [{ dtype: x.dtype, shape: [x.shape[0]!, Number(w.shape[1]) * group, ...sizes] }];
  },
  grad: (g, node, [dy], needs) => {
    const [x, w, bias] = node.inputs as [Value, Value, Value | undefined];
    const group = (node.attrs['group'] as number | undefined) ?? 1;
    const window = resolvedWindow(node.attrs, w.type.shape.slice(2).map(Number), x.type.shape.slice(2));
    return [
      needs[0] ? g.node('Conv', [dy!, w], { ...windowAttrs(window), group }) : null,
      needs[1] ? g.node('ConvWeightGrad', [dy!, x], { ...windowAttrs(window), group }, { domain: 'robenc' }) : null,
      bias && needs[2] ? g.sum(dy!, [0, ...window.kernel.map((_, i) => i + 2)]) : null,
    ];
  },
});

function paddingOf(attrs: Attrs, rank: number): readonly number[] {
  return (attrs['output_padding'] as readonly number[] | undefined) ?? new Array<number>(rank).fill(0);
}

/** Explicit pads; where output_shape is given they follow from it, an odd one is longer at the beginning, with SAME_UPPER at the end. */
function resolvedWindow(attrs: Attrs, kernel: readonly number[], sizes: readonly Dim[]): Window {
  const target = attrs['output_shape'] as readonly number[] | undefined;
  const auto = attrs['auto_pad'] as string | undefined;
  const same = auto === 'SAME_UPPER' || auto === 'SAME_LOWER';
  const window = windowOf({ ...attrs, auto_pad: 'NOTSET' }, kernel, sizes);
  if (!target && !same) return window;
  const padding = paddingOf(attrs, kernel.length);
  const totals = kernel.map((k, i) => {
    const size = Number(sizes[i]);
    const wanted = target ? target.at(i - kernel.length)! : size * window.strides[i]!;
    return Math.max(0, window.strides[i]! * (size - 1) + padding[i]! + (k - 1) * window.dilations[i]! + 1 - wanted);
  });
  const half = totals.map((total) => Math.floor(total / 2));
  const rest = totals.map((total, i) => total - half[i]!);
  return auto === 'SAME_UPPER' ? { ...window, begin: half, end: rest } : { ...window, begin: rest, end: half };
}

/** stride (size - 1) + output_padding + reach - pads, per spatial axis; or as output_shape says. */
function transposedSizes(attrs: Attrs, kernel: readonly number[], sizes: readonly Dim[]): Dim[] {
  const target = attrs['output_shape'] as readonly number[] | undefined;
  if (target) return target.slice(-kernel.length);
  const window = resolvedWindow(attrs, kernel, sizes);
  const padding = paddingOf(attrs, kernel.length);
  return sizes.map((size, i) => {
    const stride = window.strides[i]!;
    const beyond = padding[i]! + (kernel[i]! - 1) * window.dilations[i]! + 1 - window.begin[i]! - window.end[i]! - stride;
    if (typeof size === 'number') return stride * size + beyond;
    if (beyond !== 0) throw new Error('spatial sizes must be fixed');
    return multiply(stride, size);
  });
}
