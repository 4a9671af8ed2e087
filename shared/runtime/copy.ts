/** @file Copies of arrays in memory of their own. */
import type { TypedArray } from '../graph/value.js';

/** A copy that shares nothing with the original. `slice` of a Node Buffer would be a view. */
export function copyOf(data: TypedArray): TypedArray {
  return data instanceof Uint8Array ? new Uint8Array(data) : data.slice();
}
