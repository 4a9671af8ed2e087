/** @file Reading images between their places, made of simpler operators: taps along each axis with weights, and rows picked at whole places. */
import { RobencError } from '../errors.js';
import type { GraphBuilder } from '../graph/builder.js';
import { describeType, type Node, type Value } from '../graph/value.js';
import { sizeAt } from './movement.js';

/** One of the places that a coordinate reads along an axis. */
export interface Tap {
  /** int64, inside the image. */
  readonly place: Value;
  readonly weight: Value;
}

/** The sizes of the image axes of x [N, C, sizes…]. */
export function imageSizes(node: Node, x: Value): number[] {
  return x.type.shape.slice(2).map((size) => {
    if (typeof size !== 'number')
      throw new RobencError('unsupported', `The gradient of ${node.op} "${node.name}" needs fixed image sizes, got ${describeType(x.type)}.`);
    return size;
  });
}

/** The greatest whole number up to x, as float and int64; it counts as constant. */
export function floored(g: GraphBuilder, x: Value): { whole: Value; place: Value } {
  const place = g.cast(g.node('Floor', [x]), 'int64');
  return { whole: g.cast(place, x.type.dtype), place };
}

/** 1 where a whole place lies in 0 … size - 1, else 0, as a float. */
export function isInside(g: GraphBuilder, place: Value, size: number, like: Value): Value {
  const above = g.node('GreaterOrEqual', [place, g.scalar(0, 'int64')]);
  return g.cast(g.node('And', [above, g.node('Less', [place, g.scalar(size, 'int64')])]), like.type.dtype);
}

/** A whole place moved to the nearest inside. */
export function clamped(g: GraphBuilder, place: Value, size: number): Value {
  return g.node('Min', [g.node('Max', [place, g.scalar(0, 'int64')]), g.scalar(size - 1, 'int64')]);
}

/** The two neighbours of a coordinate; places outside weigh nothing. */
export function linearTaps(g: GraphBuilder, at: Value, size: number): Tap[] {
  const { whole, place } = floored(g, at);
  const share = g.sub(at, whole);
  return [
    { place, weight: g.sub(g.scalarLike(1, at), share) },
    { place: g.add(place, g.scalar(1, 'int64')), weight: share },
  ].map((tap) => ({ place: clamped(g, tap.place, size), weight: g.mul(tap.weight, isInside(g, tap.place, size, at)) }));
}

/** int64 0, 1, … as a column that broadcasts over places: [N, 1] for the images of x [N, …]. */
export function imageNumbers(g: GraphBuilder, x: Value): Value {
  const count = g.node('Squeeze', [sizeAt(g, x, 0), g.ints([0])]);
  return g.node('Unsqueeze', [g.node('Range', [g.scalar(0, 'int64'), count, g.scalar(1, 'int64')]), g.ints([1])]);
}

/** Pixels as rows: x [N, C, sizes…] to [N · places, C]. */
export function pixelRows(g: GraphBuilder, x: Value): Value {
  const rank = x.type.shape.length;
  const last = [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1];
  return g.node('Reshape', [g.transpose(x, last), g.ints([-1, Number(x.type.shape[1])])]);
}

/**
 * Sums over all combinations of taps, one of each axis: weight times pixel.
 *
 * @param rows pixels as rows [N · places, C]
 * @param images int64, which image each point reads; broadcasts to the points
 * @param taps for each axis; places and weights have the shape of the points [N, P]
 * @returns [N, P, C]
 */
export function sampled(g: GraphBuilder, rows: Value, images: Value, sizes: readonly number[], taps: readonly (readonly Tap[])[]): Value {
  return weighted(g, rows, images, sizes, taps).reduce(g.add);
}

/** The terms of that sum. */
export function weighted(g: GraphBuilder, rows: Value, images: Value, sizes: readonly number[], taps: readonly (readonly Tap[])[]): Value[] {
  let partial: { index: Value; weight: Value | null }[] = [{ index: images, weight: null }];
  for (const [axis, list] of taps.entries())
    partial = partial.flatMap(({ index, weight }) =>
      list.map((tap) => ({
        index: g.add(g.mul(index, g.scalar(sizes[axis]!, 'int64')), tap.place),
        weight: weight ? g.mul(weight, tap.weight) : tap.weight,
      })),
    );
  return partial.map(({ index, weight }) => g.mul(g.node('Gather', [rows, index], { axis: 0 }), g.node('Unsqueeze', [weight!, g.ints([2])])));
}

/** One component of points [N, P, k]: [N, P] */
export function component(g: GraphBuilder, points: Value, i: number): Value {
  return g.node('Gather', [points, g.scalar(i, 'int64')], { axis: 2 });
}
