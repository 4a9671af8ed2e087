/** @file Sparse tensors of a file, filled up with zeros. */
import { RobencError } from '../../errors.js';
import type { SparseTensorProto } from '../../proto/onnx.js';
import { ARRAY_OF, numbersOf, sizeOf, type TensorData } from '../value.js';
import type { Reading } from './reading.js';

/** A few bytes of a file can announce any number of zeros. */
const MOST_ELEMENTS = 2 ** 24;

/**
 * The dense form of `values` [n] at `indices`: [n] counts elements in row-major order, [n, rank] gives the place along each axis.
 *
 * @throws RobencError `bad-file` where parts are missing or an index lies outside, `unsupported` beyond 2²⁴ elements.
 */
export function denseTensor(reading: Reading, sparse: SparseTensorProto): TensorData {
  const name = sparse.values?.name ?? '';
  const fail = (reason: string) => new RobencError('bad-file', `Sparse tensor "${name}": ${reason}. The file may be damaged.`, { field: name });
  if (!sparse.values || !sparse.indices) throw fail('its values or indices are missing');
  const { dims } = sparse;
  const size = sizeOf(dims);
  if (dims.some((dim) => dim < 0) || !Number.isSafeInteger(size)) throw fail(`its shape [${dims}] is impossible`);
  if (size > MOST_ELEMENTS)
    throw new RobencError('unsupported', `Sparse tensor "${name}" [${dims}] has ${size} elements; robenc fills up to ${MOST_ELEMENTS}. Export it dense.`);
  const { dtype, data } = reading.tensor(sparse.values);
  const indices = reading.tensor(sparse.indices);
  const places = numbersOf(indices);
  const [count, rank] = [data.length, dims.length];
  const flat = indices.shape.length === 1;
  if (indices.dtype !== 'int64' || places.length !== count * (flat ? 1 : rank)) throw fail(`${places.length} indices do not belong to ${count} values`);
  const dense = new ARRAY_OF[dtype](size);
  for (let i = 0; i < count; i++) {
    const at = flat ? places[i]! : dims.reduce((sum, dim, axis) => sum * dim + within(places[i * rank + axis]!, dim), 0);
    if (!(at >= 0 && at < size)) throw fail(`value ${i} lies outside of [${dims}]`);
    dense[at] = data[i]!;
  }
  return { dtype, shape: dims, data: dense };
}

/** A place along one axis; outside of it, one that lies outside of everything. */
function within(place: number, dim: number): number {
  return place >= 0 && place < dim ? place : NaN;
}
