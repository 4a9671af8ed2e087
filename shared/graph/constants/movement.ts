/** @file Moving constants about: no arithmetic, so every element type is kept bit by bit. */
import { normalizeAxis } from '../dim.js';
import { numbersOf, sizeOf, type TensorData } from '../value.js';
import type { ConstantNode, Evaluator } from './evaluator.js';
import { broadcastStrides, emptyArray, pick, places, stridesOf } from './strided.js';

/** The same elements under another shape; the memory is shared, so that a file stores it once. */
const reshape: Evaluator = ({ inputs: [x], type }) => (x ? { ...type, ...(x.stored && { stored: x.stored }), data: x.data } : null);

const expand: Evaluator = ({ inputs: [x], type }) =>
  x ? { ...type, data: pick(x.data, x.dtype, places(type.shape, broadcastStrides(x.shape, type.shape))) } : null;

const transpose: Evaluator = ({ inputs: [x], attrs, type }) => {
  if (!x) return null;
  const rank = x.shape.length;
  const order = (attrs['perm'] as readonly number[] | undefined) ?? x.shape.map((_, i) => rank - 1 - i);
  const strides = stridesOf(x.shape);
  const from = places(
    type.shape,
    order.map((axis) => strides[axis]!),
  );
  return { ...type, data: pick(x.data, x.dtype, from) };
};

/** y[…, i, …] = x[…, indices[i], …] */
const gather: Evaluator = ({ inputs: [x, indices], attrs, type }) => {
  if (!x || !indices) return null;
  const axis = normalizeAxis((attrs['axis'] as number | undefined) ?? 0, x.shape.length);
  const size = x.shape[axis]!;
  const inner = sizeOf(x.shape.slice(axis + 1));
  const outer = sizeOf(x.shape.slice(0, axis));
  const rows = numbersOf(indices).map((index) => (index < 0 ? index + size : index));
  if (rows.some((row) => row < 0 || row >= size)) return null;
  const from = new Int32Array(sizeOf(type.shape));
  let at = 0;
  for (let o = 0; o < outer; o++) for (const row of rows) for (let i = 0; i < inner; i++) from[at++] = (o * size + row) * inner + i;
  return { ...type, data: pick(x.data, x.dtype, from) };
};

/** Starts are clamped as ONNX says: to [0, size] for forward steps, [-1, size - 1] for backward ones. The result's sizes were inferred already. */
const slice: Evaluator = ({ inputs: [x, starts, ends, axes, steps], type }) => {
  if (!x || !starts || !ends) return null;
  const strides = stridesOf(x.shape);
  let offset = 0;
  const moved = [...strides];
  const [from, step] = [numbersOf(starts), steps ? numbersOf(steps) : null];
  const which = axes ? numbersOf(axes).map((axis) => normalizeAxis(axis, x.shape.length)) : from.map((_, i) => i);
  for (const [i, axis] of which.entries()) {
    const size = x.shape[axis]!;
    const by = step?.[i] ?? 1;
    const start = from[i]! < 0 ? from[i]! + size : from[i]!;
    offset += Math.min(Math.max(start, 0), by > 0 ? size : size - 1) * strides[axis]!;
    moved[axis] = by * strides[axis]!;
  }
  return { ...type, data: pick(x.data, x.dtype, places(type.shape, moved, offset)) };
};

const concat: Evaluator = ({ inputs, attrs, type }) => {
  const parts = inputs.filter((part) => part !== null);
  const axis = normalizeAxis(attrs['axis'] as number, type.shape.length);
  const data = emptyArray(type.dtype, sizeOf(type.shape));
  const width = sizeOf(type.shape.slice(axis));
  let before = 0;
  for (const part of parts) {
    const block = sizeOf(part.shape.slice(axis));
    for (let outer = 0; outer * width < data.length; outer++)
      data.set(part.data.subarray(outer * block, (outer + 1) * block) as Uint8Array & BigInt64Array, outer * width + before);
    before += block;
  }
  return { ...type, data };
};

/** Zeros (or the given constant) around x; other modes are left to the runtime. */
const pad: Evaluator = ({ inputs: [x, pads, value, axes], attrs, type }) => {
  if (!x || !pads || (attrs['mode'] ?? 'constant') !== 'constant') return null;
  const amounts = numbersOf(pads);
  const which = axes ? numbersOf(axes).map((axis) => normalizeAxis(axis, x.shape.length)) : x.shape.map((_, i) => i);
  if (amounts.some((amount) => amount < 0) || amounts.length !== 2 * which.length) return null;
  const data = emptyArray(type.dtype, sizeOf(type.shape));
  if (value) for (let i = 0; i < data.length; i++) data[i] = value.data[0]!;
  const strides = stridesOf(type.shape);
  const offset = which.reduce((total, axis, i) => total + amounts[i]! * strides[axis]!, 0);
  const to = places(x.shape, strides, offset);
  for (let i = 0; i < to.length; i++) data[to[i]!] = x.data[i]!;
  return { ...type, data };
};

const constantOfShape: Evaluator = ({ attrs, type }: ConstantNode) => {
  const value = attrs['value'] as TensorData | undefined;
  const data = emptyArray(type.dtype, sizeOf(type.shape));
  if (value) for (let i = 0; i < data.length; i++) data[i] = value.data[0]!;
  return { ...type, data };
};

const tile: Evaluator = ({ inputs: [x], type }) => {
  if (!x) return null;
  const strides = stridesOf(x.shape);
  // Along each axis the place is taken modulo the size: read as [copies, size] with stride 0 for the copies.
  const split = x.shape.flatMap((size, i) => [size === 0 ? 0 : type.shape[i]! / size, size]);
  const from = places(
    split,
    x.shape.flatMap((_, i) => [0, strides[i]!]),
  );
  return { ...type, data: pick(x.data, x.dtype, from) };
};

/** y = x where the condition holds, else the other. */
const where: Evaluator = ({ inputs: [condition, x, y], type }) => {
  if (!condition || !x || !y) return null;
  const [c, a, b] = [condition, x, y].map((input) => places(type.shape, broadcastStrides(input.shape, type.shape))) as [Int32Array, Int32Array, Int32Array];
  const data = emptyArray(type.dtype, c.length);
  for (let i = 0; i < c.length; i++) data[i] = condition.data[c[i]!] ? x.data[a[i]!]! : y.data[b[i]!]!;
  return { ...type, data };
};

/** values[1] at the index of each entry along a new axis, values[0] elsewhere; nothing where the index lies outside. */
const oneHot: Evaluator = ({ inputs: [indices, , values], attrs, type }) => {
  if (!indices || !values) return null;
  const axis = normalizeAxis((attrs['axis'] as number | undefined) ?? -1, type.shape.length);
  const depth = type.shape[axis]!;
  const inner = sizeOf(type.shape.slice(axis + 1));
  const data = emptyArray(type.dtype, sizeOf(type.shape));
  for (let i = 0; i < data.length; i++) data[i] = values.data[0]!;
  for (const [i, index] of numbersOf(indices).entries()) {
    const hot = index < 0 ? index + depth : index;
    if (hot >= 0 && hot < depth) data[(Math.floor(i / inner) * depth + hot) * inner + (i % inner)] = values.data[1]!;
  }
  return { ...type, data };
};

export const MOVEMENT: Readonly<Record<string, Evaluator>> = {
  Identity: reshape,
  Reshape: reshape,
  Squeeze: reshape,
  Unsqueeze: reshape,
  Flatten: reshape,
  Expand: expand,
  Transpose: transpose,
  Gather: gather,
  Slice: slice,
  Concat: concat,
  Pad: pad,
  ConstantOfShape: constantOfShape,
  Tile: tile,
  Where: where,
  OneHot: oneHot,
};
