/** @file Copies of arrays in memory of their own, and that memory. */
import type { TypedArray } from '../graph/value.js';
import type { Tensors } from './types.js';

/** A copy that shares nothing with the original. `slice` of a Node Buffer would be a view. */
export function copyOf(data: TypedArray): TypedArray {
  return data instanceof Uint8Array ? new Uint8Array(data) : data.slice();
}

/** What tensors that have memory of their own hand over when they go to another thread. */
export function memoryOf(tensors: Tensors): ArrayBuffer[] {
  return Object.values(tensors).map(({ data }) => data.buffer as ArrayBuffer);
}
