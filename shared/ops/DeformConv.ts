/** @file DeformConv. */
import type { GraphBuilder } from '../graph/builder.js';
import { defineOp } from '../graph/operator.js';
import type { Value } from '../graph/value.js';
import { numberAttr } from './attributes.js';
import { outputSize, windowOf, type Window } from './geometry.js';
import { imageNumbers, imageSizes, linearTaps, pixelRows, sampled } from './sampling.js';

/**
 * A convolution of images whose taps are moved by offsets and weighted by a mask.
 * Inputs: x [N, C, H, W], w [O, C / group, kh, kw], offsets [N, 2 · kh · kw per offset group, h, w] (rows before columns), bias, mask.
 */
export default defineOp({
  op: 'DeformConv',
  infer: (context) => {
    const [x, w] = [context.type(0), context.type(1)];
    if (x.shape.length !== 4 || w.shape.length !== 4) throw new Error('x and w need rank 4');
    const window = windowOf(context.attrs, w.shape.slice(2).map(Number), x.shape.slice(2));
    return [{ dtype: x.dtype, shape: [x.shape[0]!, w.shape[0]!, ...x.shape.slice(2).map((size, i) => outputSize(size, window, i))] }];
  },
  grad: null,
  parts: (g, node) => {
    const [x, w, offsets, bias, mask] = node.inputs as [Value, Value, Value, Value | undefined, Value | undefined];
    const sizes = imageSizes(node, x) as [number, number];
    const window = windowOf(node.attrs, w.type.shape.slice(2).map(Number), sizes);
    const outs = node.outputs[0]!.type.shape.slice(2).map(Number) as [number, number];
    const [group, offsetGroups] = [numberAttr(node.attrs, 'group', 1), numberAttr(node.attrs, 'offset_group', 1)];
    const [filters, perGroup] = w.type.shape.map(Number) as [number, number];
    const [taps, places] = [window.kernel[0]! * window.kernel[1]!, outs[0] * outs[1]];
    const channels = Number(x.type.shape[1]) / offsetGroups;
    const base = basePoints(window, outs);
    const point = (moved: Value, i: number, axis: 0 | 1): Value => {
      const own = g.node('Gather', [g.node('Gather', [moved, g.scalar(i, 'int64')], { axis: 1 }), g.scalar(axis, 'int64')], { axis: 2 });
      const flat = g.node('Reshape', [own, g.ints([0, -1])]);
      return g.add(flat, g.cast(g.constant({ dtype: 'float64', shape: [taps * places], data: base[axis] }), x.type.dtype));
    };
    const moved = g.node('Reshape', [offsets, g.ints([0, offsetGroups, taps, 2, places])]);
    const weights = mask ? g.node('Reshape', [mask, g.ints([0, offsetGroups, taps * places])]) : null;
    const columns = Array.from({ length: offsetGroups }, (_, i) => {
      const own = offsetGroups === 1 ? x : g.node('Slice', [x, g.ints([i * channels]), g.ints([(i + 1) * channels]), g.ints([1])]);
      const read = sampled(g, pixelRows(g, own), imageNumbers(g, x), sizes, [
        linearTaps(g, point(moved, i, 0), sizes[0]),
        linearTaps(g, point(moved, i, 1), sizes[1]),
      ]);
      const masked = weights ? g.mul(read, g.node('Unsqueeze', [g.node('Gather', [weights, g.scalar(i, 'int64')], { axis: 1 }), g.ints([2])])) : read;
      return g.node('Reshape', [g.transpose(masked, [0, 2, 1]), g.ints([0, channels, taps, places])]);
    });
    const all = columns.length === 1 ? columns[0]! : g.node('Concat', columns, { axis: 1 });
    const grouped = g.node('Reshape', [all, g.ints([0, group, perGroup * taps, places])]);
    const kernel = g.reshape(w, [group, filters / group, perGroup * taps]);
    const y = g.node('Reshape', [g.node('MatMul', [kernel, grouped]), g.ints([0, filters, ...outs])]);
    return [bias ? g.add(y, biasOf(g, bias)) : y];
  },
});

function biasOf(g: GraphBuilder, bias: Value): Value {
  return g.node('Unsqueeze', [bias, g.ints([1, 2])]);
}

/** Rows and columns that the taps read where nothing is moved, taps before places. */
function basePoints(window: Window, outs: readonly [number, number]): readonly [Float64Array, Float64Array] {
  const [height, width] = window.kernel as readonly [number, number];
  const [rows, columns]: [number[], number[]] = [[], []];
  for (let tap = 0; tap < height * width; tap++)
    for (let place = 0; place < outs[0] * outs[1]; place++) {
      rows.push(Math.floor(place / outs[1]) * window.strides[0]! - window.begin[0]! + Math.floor(tap / width) * window.dilations[0]!);
      columns.push((place % outs[1]) * window.strides[1]! - window.begin[1]! + (tap % width) * window.dilations[1]!);
    }
  return [Float64Array.from(rows), Float64Array.from(columns)];
}
