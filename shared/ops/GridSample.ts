/** @file GridSample. */
import type { GraphBuilder } from '../graph/builder.js';
import { defineOp } from '../graph/operator.js';
import type { Node, Value } from '../graph/value.js';
import { numberAttr, textAttr } from './attributes.js';
import { clamped, component, floored, imageNumbers, imageSizes, isInside, linearTaps, pixelRows, sampled, type Tap } from './sampling.js';

/**
 * y [N, C, points…] = x [N, C, sizes…] read at grid [N, points…, axes], whose coordinates go from -1 to 1, the last axis of x first.
 * The gradient goes through sums of weighted pixels, to x and to the grid (none to the grid in mode nearest).
 */
export default defineOp({
  op: 'GridSample',
  infer: (context) => {
    const [x, grid] = [context.type(0), context.type(1)];
    const axes = x.shape.length - 2;
    if (grid.shape.length !== axes + 2 || grid.shape.at(-1) !== axes) throw new Error(`the grid must be [N, ${'size, '.repeat(axes)}${axes}]`);
    return [{ dtype: x.dtype, shape: [x.shape[0]!, x.shape[1]!, ...grid.shape.slice(1, -1)] }];
  },
  grad: null,
  constantInputs: (node): Readonly<Record<number, string>> =>
    textAttr(node.attrs, 'mode', 'linear') === 'nearest'
      ? { 1: 'its grid is rounded to whole places in mode nearest, so that its derivative is 0 wherever it has one' }
      : {},
  parts: (g, node) => {
    const [x, grid] = node.inputs as [Value, Value];
    const sizes = imageSizes(node, x);
    const points = g.node('Reshape', [grid, g.ints([0, -1, sizes.length])]);
    const taps = sizes.map((size, axis) => tapsOf(g, node, g.cast(component(g, points, sizes.length - 1 - axis), x.type.dtype), size));
    const values = g.transpose(sampled(g, pixelRows(g, x), imageNumbers(g, x), sizes, taps), [0, 2, 1]);
    return [g.node('Reshape', [values, g.node('Shape', [node.outputs[0]!])])];
  },
});

/** What a coordinate between -1 and 1 reads along an axis. */
function tapsOf(g: GraphBuilder, node: Node, coordinate: Value, size: number): Tap[] {
  const align = numberAttr(node.attrs, 'align_corners', 0) === 1;
  const c = (value: number): Value => g.scalarLike(value, coordinate);
  const shifted = g.add(coordinate, c(1));
  const at = align ? g.mul(shifted, c((size - 1) / 2)) : g.sub(g.mul(shifted, c(size / 2)), c(0.5));
  const padding = textAttr(node.attrs, 'padding_mode', 'zeros');
  const [low, high] = align ? [0, size - 1] : [-0.5, size - 0.5];
  const mode = textAttr(node.attrs, 'mode', 'linear');
  if (mode === 'cubic') return cubicTaps(g, at).map((tap) => inside(g, tap, size, padding, low, high));
  const moved = padding === 'border' ? g.node('Clip', [at, c(0), c(size - 1)]) : padding === 'reflection' ? reflected(g, at, low, high) : at;
  if (mode === 'nearest')
    return [inside(g, { place: g.cast(g.node('Round', [moved]), 'int64'), weight: g.add(g.mul(moved, c(0)), c(1)) }, size, padding, low, high)];
  if (padding === 'zeros') return linearTaps(g, moved, size);
  const { whole, place } = floored(g, moved);
  const share = g.sub(moved, whole);
  const taps = [
    { place, weight: g.sub(c(1), share) },
    { place: g.add(place, g.scalar(1, 'int64')), weight: share },
  ];
  return taps.map((tap) => inside(g, tap, size, padding, low, high));
}

/** A tap as the padding has it: of no weight outside, moved to the border, or mirrored. */
function inside(g: GraphBuilder, { place, weight }: Tap, size: number, padding: string, low: number, high: number): Tap {
  if (padding === 'zeros') return { place: clamped(g, place, size), weight: g.mul(weight, isInside(g, place, size, weight)) };
  if (padding === 'border') return { place: clamped(g, place, size), weight };
  const mirrored = reflected(g, g.cast(place, weight.type.dtype), low, high);
  return { place: clamped(g, g.cast(g.node('Round', [mirrored]), 'int64'), size), weight };
}

/** x mirrored at low and high until it lies between. */
function reflected(g: GraphBuilder, x: Value, low: number, high: number): Value {
  const c = (value: number): Value => g.scalarLike(value, x);
  const range = high - low;
  if (range === 0) return g.node('Clip', [x, c(low), c(high)]);
  const distance = g.node('Abs', [g.sub(x, c(low))]);
  const { whole: turns } = floored(g, g.div(distance, c(2 * range)));
  const rest = g.sub(distance, g.mul(turns, c(2 * range)));
  return g.sub(c(low + range), g.node('Abs', [g.sub(rest, c(range))]));
}

/** Keys' cubic convolution with a = -0.75 over the two places before and after. */
function cubicTaps(g: GraphBuilder, at: Value): Tap[] {
  const a = -0.75;
  const c = (value: number): Value => g.scalarLike(value, at);
  const { whole, place } = floored(g, at);
  const share = g.sub(at, whole);
  const polynomial = (x: Value, ...coefficients: readonly number[]): Value =>
    coefficients.map(c).reduce((sum, coefficient) => g.add(g.mul(sum, x), coefficient));
  const near = (x: Value): Value => polynomial(x, a + 2, -(a + 3), 0, 1);
  const far = (x: Value): Value => polynomial(x, a, -5 * a, 8 * a, -4 * a);
  const rest = g.sub(c(1), share);
  return [far(g.add(share, c(1))), near(share), near(rest), far(g.add(rest, c(1)))].map((weight, i) => ({
    place: g.add(place, g.scalar(i - 1, 'int64')),
    weight,
  }));
}
