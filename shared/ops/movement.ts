/** @file What rules that move data share: zeros and shapes of other values, sizes read at run time, and scattering back. */
import type { GraphBuilder } from '../graph/builder.js';
import type { Value } from '../graph/value.js';

/** Zeros in the shape of `like`, and in its type or that of another value: a cotangent of whole numbers is of floats. */
export function zerosLike(g: GraphBuilder, like: Value, typed: Value = like): Value {
  return g.expand(g.scalarLike(0, typed), like.type.shape, like);
}

/** `x` in the shape of `like`, which has as many elements; any number of its sizes may be symbols. */
export function reshapeLike(g: GraphBuilder, x: Value, like: Value): Value {
  const { shape } = like.type;
  const symbols = shape.filter((dim, i) => typeof dim === 'string' && x.type.shape[i] !== dim).length;
  return symbols > 1 ? g.node('Reshape', [x, g.node('Shape', [like])]) : g.reshape(x, shape);
}

/** The size of one axis as an int64 list of one element: a constant where it is known. */
export function sizeAt(g: GraphBuilder, x: Value, axis: number): Value {
  return g.node('Shape', [x], { start: axis, end: axis + 1 });
}

/** All elements in one row. */
export function flat(g: GraphBuilder, x: Value): Value {
  return x.type.shape.length === 1 ? x : g.node('Reshape', [x, g.ints([-1])]);
}

/** The shape of `x` as an int64 list, with another size (an int64 list of one element) at `axis`. */
export function shapeWith(g: GraphBuilder, x: Value, axis: number, size: Value): Value {
  const before = g.node('Shape', [x], { start: 0, end: axis });
  const after = g.node('Shape', [x], { start: axis + 1 });
  return g.node('Concat', [before, size, after], { axis: 0 });
}

/**
 * The way back from picking slices: zeros with `size` places along `axis`, to which slice i of `dy` is added at `indices[i]`.
 *
 * @param size int64 [1]
 * @param indices int64 or int32 [k]
 * @param dy k slices along `axis`
 */
export function scatterAdd(g: GraphBuilder, size: Value, axis: number, indices: Value, dy: Value): Value {
  const zeros = g.node('Expand', [g.scalarLike(0, dy), shapeWith(g, dy, axis, size)]);
  const column = g.node('Reshape', [indices, g.ints(dy.type.shape.map((_, i) => (i === axis ? -1 : 1)))]);
  const everywhere = g.node('Expand', [column, g.node('Shape', [dy])]);
  return g.node('ScatterElements', [zeros, everywhere, dy], { axis, reduction: 'add' });
}
