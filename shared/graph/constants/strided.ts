/** @file Copies elements of one tensor into another by strides: what transposing, slicing, expanding and picking have in common. */
import { ARRAY_OF, sizeOf, type DType, type TypedArray } from '../value.js';

/** An array of `length` elements of a type, zero. */
export function emptyArray(dtype: DType, length: number): TypedArray {
  return new ARRAY_OF[dtype](length);
}

/** Elements between neighbours along each axis of a row-major tensor. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = strides[i + 1]! * shape[i + 1]!;
  return strides;
}

/** Strides that read `shape` as if it were broadcast to `to`. */
export function broadcastStrides(shape: readonly number[], to: readonly number[]): number[] {
  const strides = stridesOf(shape);
  const lead = to.length - shape.length;
  return to.map((_, i) => (i < lead || shape[i - lead] === 1 ? 0 : strides[i - lead]!));
}

/** The places in the source, in row-major order of `shape`, when axis i moves by `strides[i]` from `offset` on. */
export function places(shape: readonly number[], strides: readonly number[], offset = 0): Int32Array {
  const result = new Int32Array(sizeOf(shape));
  if (result.length === 0) return result;
  result[0] = offset;
  let filled = 1;
  // From the last axis to the first: the block that is there is repeated along the axis, each time moved by its stride.
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const block = filled;
    for (let step = 1; step < shape[axis]!; step++) for (let i = 0; i < block; i++) result[filled++] = result[i]! + step * strides[axis]!;
  }
  return result;
}

/** The elements of `source` at `from`, in order. */
export function pick(source: TypedArray, dtype: DType, from: Int32Array): TypedArray {
  const result = emptyArray(dtype, from.length);
  for (let i = 0; i < from.length; i++) result[i] = source[from[i]!]!;
  return result;
}
