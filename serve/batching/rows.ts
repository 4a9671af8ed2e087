/** @file Joining tensors along their first axis and cutting them apart again. */
import { RobencError } from '@robenc/shared/errors.js';
import type { TensorData } from '@robenc/shared/graph/value.js';
import { ARRAYS } from '@robenc/shared/proto/dtypes.js';
import type { Tensors } from '@robenc/shared/runtime/types.js';
import type { MemoryPool } from './memory-pool.js';

/** Elements of one row. */
function rowSize(tensor: TensorData): number {
  return tensor.shape.slice(1).reduce((product, size) => product * size, 1);
}

/** Tensors of equal type and row shape, one under the other: a copy, in memory of `memory` where that is given. */
export function joinRows(parts: readonly TensorData[], memory?: MemoryPool): TensorData {
  const first = parts[0]!;
  const length = parts.reduce((sum, part) => sum + part.data.length, 0);
  const array = ARRAYS[first.dtype];
  const data = memory === undefined ? new array(length) : new array(memory.take(length * array.BYTES_PER_ELEMENT), 0, length);
  let offset = 0;
  for (const part of parts) {
    // All parts have the same element type, which the type of `set` cannot say.
    (data as Float32Array).set(part.data as Float32Array, offset);
    offset += part.data.length;
  }
  return { dtype: first.dtype, shape: [parts.reduce((sum, part) => sum + part.shape[0]!, 0), ...first.shape.slice(1)], data };
}

/** Rows [start, start + count) as a view on the same memory. */
export function sliceRows(tensor: TensorData, start: number, count: number): TensorData {
  const size = rowSize(tensor);
  return { dtype: tensor.dtype, shape: [count, ...tensor.shape.slice(1)], data: tensor.data.subarray(start * size, (start + count) * size) };
}

/** `work` on every tensor of a record. */
export function mapTensors(tensors: Tensors, work: (tensor: TensorData, name: string) => TensorData): Record<string, TensorData> {
  const result: Record<string, TensorData> = {};
  for (const name of Object.keys(tensors)) result[name] = work(tensors[name]!, name);
  return result;
}

/** The number of rows, which all tensors must share. Throws `mismatch` naming the one that differs. */
export function rowsOf(tensors: Tensors, what: string): number {
  let rows: number | undefined;
  for (const [name, tensor] of Object.entries(tensors)) {
    rows ??= tensor.shape[0] ?? 0;
    if (tensor.shape[0] !== rows)
      throw new RobencError('mismatch', `${what}: ${name} has the shape [${tensor.shape.join(',')}], but ${rows} rows are expected.`, { field: name });
  }
  return rows ?? 0;
}
